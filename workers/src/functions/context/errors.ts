const named = (name: string) => {
  const type = class extends Error {
    constructor(message?: string) {
      super(message)
      Object.defineProperty(this, 'name', { value: name, configurable: true, writable: true })
    }
  }
  Object.defineProperty(type, 'name', { value: name })
  return type
}

export const EventNotSupported = named('EventNotSupported')
export const InvalidEventPayload = named('InvalidEventPayload')
export const ValidationError = named('ValidationError')
export const RetryError = named('RetryError')
export const DropEvent = named('DropEvent')
