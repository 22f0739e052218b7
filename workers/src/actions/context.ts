/** Longest value that a cache keeps, in bytes. */
const valueBytesMax = 1_000_000
const entriesMax = 1_000
const destinationsMax = 1_000

const quiet = () => undefined

/** Metrics of partners' code go nowhere; it calls these without asking whether they are there. */
export const noStats = {
  statsClient: { observe: quiet, _name: (name: string) => name, _tags: (tags?: string[]) => tags ?? [], incr: quiet, set: quiet, histogram: quiet },
  tags: [] as string[]
}

/** What partners' code wants to log may hold payloads, so nothing of it is kept. */
export const noLogger = {
  level: 'error', name: 'tributary', debug: quiet, info: quiet, warn: quiet, error: quiet, crit: quiet, log: quiet, withTags: quiet
}

interface Entry {
  value: string
  until: number
}

/** Values with an end, the oldest dropped first. Lives as long as the worker: partners use it to save requests, not to remember. */
class ShortMemory {
  private readonly entries = new Map<string, Entry>()

  get(key: string): string | undefined {
    const entry = this.entries.get(key)
    if (!entry) return undefined
    if (entry.until > Date.now()) return entry.value
    this.entries.delete(key)
    return undefined
  }

  set(key: string, value: string, seconds: number): boolean {
    if (Buffer.byteLength(value) > valueBytesMax) return false
    this.entries.delete(key)
    this.entries.set(key, { value, until: Date.now() + seconds * 1_000 })
    if (this.entries.size > entriesMax) this.entries.delete(this.entries.keys().next().value!)
    return true
  }

  delete(key: string): number {
    return this.entries.delete(key) ? 1 : 0
  }
}

const memories = new Map<string, ShortMemory>()

function memoryOf(destinationId: string): ShortMemory {
  const memory = memories.get(destinationId) ?? new ShortMemory()
  memories.delete(destinationId)
  memories.set(destinationId, memory)
  if (memories.size > destinationsMax) memories.delete(memories.keys().next().value!)
  return memory
}

/** The objects that partners' code finds beside its payload. */
export function contextOf(destinationId: string) {
  const memory = memoryOf(destinationId)
  const transaction: Record<string, string> = {}
  return {
    statsContext: noStats as any,
    logger: noLogger as any,
    stateContext: {
      getRequestContext: (key: string, callback?: (value?: string) => unknown) => {
        const value = memory.get(`state ${key}`)
        return callback ? callback(value) : value
      },
      setResponseContext: (key: string, value: string, ttl: { hour?: number; minute?: number; second?: number }) => {
        memory.set(`state ${key}`, String(value), (ttl?.hour ?? 0) * 3_600 + (ttl?.minute ?? 0) * 60 + (ttl?.second ?? 0))
      }
    },
    transactionContext: {
      transaction,
      setTransaction: (key: string, value: string) => {
        transaction[key] = value
      }
    },
    engageDestinationCache: {
      maxExpirySeconds: 86_400,
      maxValueSizeBytes: valueBytesMax,
      getByKey: async (key: string) => memory.get(`cache ${key}`) ?? null,
      setByKey: async (key: string, value: string, seconds = 86_400) => memory.set(`cache ${key}`, value, seconds),
      setByKeyNX: async (key: string, value: string, seconds = 86_400) => memory.get(`cache ${key}`) === undefined && memory.set(`cache ${key}`, value, seconds),
      delByKey: async (key: string) => memory.delete(`cache ${key}`)
    }
  }
}
