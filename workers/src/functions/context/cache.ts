const entriesMax = 1_000

interface Entry {
  value: any
  until: number
}

const entries = new Map<string, Entry>()
const loading = new Map<string, Promise<any>>()

/** What a function remembers for a while, e.g. a token. It lives as long as the process and never longer than was asked for. */
export const cache = {
  /** Gives what is known under the key, else what `make` gives; `ttl` in milliseconds, -1 or nothing for ever. */
  load(key: string, ttl: any, make?: any): Promise<any> {
    const [milliseconds, create] = typeof ttl === 'function' ? [-1, ttl] : [Number(ttl ?? -1), make]
    const known = entries.get(key)
    if (known && (known.until < 0 || known.until > Date.now())) return Promise.resolve(known.value)
    const running = loading.get(key)
    if (running) return running
    const made = (async () => {
      try {
        const value = await create()
        entries.delete(key)
        entries.set(key, { value, until: milliseconds < 0 ? -1 : Date.now() + milliseconds })
        if (entries.size > entriesMax) entries.delete(entries.keys().next().value!)
        return value
      } finally {
        loading.delete(key)
      }
    })()
    loading.set(key, made)
    return made
  },
  delete(key: string): boolean {
    return entries.delete(key)
  }
}
