// Made by build.mjs from the package's own register.
declare module 'destination-list' {
  export interface Listed {
    /** The id of the destination in Segment's catalogue. */
    id: string
    load: () => any
    /** It speaks over sockets of its own instead of fetch. */
    rawSockets: boolean
    /** It looks at the event beside the payload. */
    readsEvent: boolean
  }
  export const destinations: Record<string, Listed>
}

// Of the package without types of its own, what is used here.
declare module 'node-fetch' {
  export class Headers {
    constructor(init?: any)
    append(name: string, value: string): void
    delete(name: string): void
    get(name: string): string | null
    has(name: string): boolean
    set(name: string, value: string): void
    forEach(callback: (value: string, name: string) => void): void
    entries(): IterableIterator<[string, string]>
  }
}
