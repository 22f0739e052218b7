import { createHash } from './crypto'
import * as jwt from './jwt'

/** Defines a global whose value is made when it is first used. */
function lazily(name: string, make: () => any): void {
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get: () => {
      const value = make()
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
      return value
    },
    set: (value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  })
}

function uuidv5(name: any, namespace: any): string {
  const space = typeof namespace === 'string' ? Buffer.from(namespace.replace(/-/g, ''), 'hex') : Buffer.from(namespace)
  if (space.length !== 16) throw new TypeError('Namespace must be array-like (16 iterable integer values, 0-255)')
  const bytes: Buffer = createHash('sha1').update(Buffer.concat([space, Buffer.from(name)])).digest().subarray(0, 16)
  bytes[6] = (bytes[6] & 0x0f) | 0x50
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

const namespaces = { DNS: '6ba7b810-9dad-11d1-80b4-00c04fd430c8', URL: '6ba7b811-9dad-11d1-80b4-00c04fd430c8' }

// What Segment's functions find and ours do not.
const missing = [
  'AWS', 'google', 'hubspotlib', 'jsforce', 'libphonenumberjslib', 'mailchimplib', 'mailjet', 'nodemailjet', 'OAuth', 'sendgrid', 'skyflowlib', 'stripe', 'twilio',
  'winstonlib', 'fetchretrylib', 'zlib', 'https', 'FormData', 'xml', 'require'
]

export function defineLibraries(): void {
  lazily('_', () => require('lodash'))
  lazily('moment', () => require('moment-timezone/builds/moment-timezone-with-data-10-year-range'))
  lazily('xml2js', () => require('xml2js'))
  lazily('jsonwebtoken', () => jwt)
  lazily('uuidv5', () => ({ uuidv5: Object.assign(uuidv5, namespaces) }))
  for (const name of missing) {
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get: () => {
        throw new Error(`${name} is not available in functions here`)
      },
      set: (value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
    })
  }
}
