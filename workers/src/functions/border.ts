import { createHash, createHmac, createPrivateKey, createPublicKey, randomBytes, randomUUID, sign, verify } from 'crypto'

// Strings stand for bytes here, a character for each: only strings and numbers may cross between people's code and this process.
const bytes = (text: unknown): Buffer => Buffer.from(String(text), 'latin1')
const randomMax = 65_536
const parts = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'] as const
const settable = new Set<string>(parts)

const describe = (url: URL): string => JSON.stringify(parts.map((part) => url[part]))

/** What people's code may have computed outside of its context. Each takes and gives strings; what is wrong is thrown as an error with a message. */
const primitives: Record<string, (...given: any[]) => string> = {
  hash: (algorithm, data) => createHash(algorithm).update(bytes(data)).digest().toString('latin1'),
  hmac: (algorithm, key, data) => createHmac(algorithm, bytes(key)).update(bytes(data)).digest().toString('latin1'),
  random: (count) => {
    if (!(count >= 0 && count <= randomMax)) throw new RangeError(`At most ${randomMax} bytes at once.`)
    return randomBytes(count).toString('latin1')
  },
  uuid: () => randomUUID(),
  sign: (algorithm, key, data, isEcdsa) =>
    sign(algorithm, bytes(data), { key: createPrivateKey(String(key)), ...(isEcdsa ? { dsaEncoding: 'ieee-p1363' as const } : {}) }).toString('latin1'),
  verify: (algorithm, key, data, signature, isEcdsa) =>
    verify(algorithm, bytes(data), { key: createPublicKey(String(key)), ...(isEcdsa ? { dsaEncoding: 'ieee-p1363' as const } : {}) }, bytes(signature)) ? '1' : '0',
  url: (text, base) => describe(base === undefined ? new URL(text) : new URL(text, base)),
  urlWith: (text, part, value) => {
    const url = new URL(text)
    if (settable.has(part) && part !== 'origin') (url as any)[part] = value
    return describe(url)
  }
}

/** Runs one; the first character of what it gives is + for a result and - for a message. */
export function compute(kind: string, given: unknown[]): string | undefined {
  if (!Object.hasOwn(primitives, kind)) return undefined
  try {
    return `+${primitives[kind](...given)}`
  } catch (error) {
    return `-${(error as Error).message}`
  }
}
