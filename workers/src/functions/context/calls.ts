import { asText, parse, slice, stringify, tell } from './border'
import { DropEvent, EventNotSupported, InvalidEventPayload, RetryError, ValidationError } from './errors'
import { SourceRequest } from './requests'

type Handlers = Record<string, ((...given: any[]) => any) | undefined>

const verdicts = { done: 0, notSupported: 1, rejected: 2, retry: 3, dropped: 4, failed: 5, notBegun: 7 }
const messageMax = 1_000
const types: Record<string, string> = {
  identify: 'onIdentify', track: 'onTrack', page: 'onPage', screen: 'onScreen', group: 'onGroup', alias: 'onAlias', delete: 'onDelete'
}

interface Result {
  v: number
  n?: string
  m?: string
  s?: number
  r?: unknown
}

const running = new Map<number, () => void>()
let handlers: Handlers = {}

export function handleWith(found: Handlers): void {
  handlers = found
}

/** A call whose event takes too long. */
export function late(id: number): void {
  running.get(id)?.()
}

/** Runs a call; what comes of it crosses the border as one text. */
export function call(id: number, handler: string, use: string, input: string, settings: string, budgetMs: number): void {
  const results: Result[] = []
  const events: any[] = []
  let isOver = false
  const conclude = () => {
    if (isOver) return
    isOver = true
    running.delete(id)
    let text = '['
    for (let i = 0; i < results.length; i++) text += (i === 0 ? '' : ',') + written(results[i])
    tell('done', id, text + ']')
  }
  // What has not begun is given back; what hangs is over.
  running.set(id, () => {
    if (isOver) return
    const hung = handler === 'onBatch' ? events.length : 1
    for (let i = 0; i < hung && results.length < events.length; i++) results[results.length] = { v: verdicts.retry, n: 'Timeout', m: 'The function did not finish in time.' }
    while (results.length < events.length) results[results.length] = { v: verdicts.notBegun }
    conclude()
  })
  const run = async () => {
    if (handler === 'onRequest') {
      events[0] = parse(input)
      const result = await one('onRequest', () => [new SourceRequest(events[0]), parse(settings)], use)
      if (!isOver) results[0] = result
      return
    }
    for (const event of parse(input)) events[events.length] = event
    if (handlers.onBatch && (handler === '*' || handler === 'onBatch')) {
      handler = 'onBatch'
      const made = await batch(events, parse(settings), use)
      if (!isOver) for (let i = 0; i < events.length; i++) results[i] = made[i]
      return
    }
    const until = Date.now() + budgetMs
    for (let i = 0; i < events.length; i++) {
      if (i > 0) {
        if (Date.now() > until) {
          while (results.length < events.length) results[results.length] = { v: verdicts.notBegun }
          return
        }
        tell('begin')
      }
      const name = handler === '*' ? types[events[i]?.type] ?? `a handler for ${shortened(events[i]?.type)}` : handler
      const result = await one(name, () => [events[i], parse(settings)], use)
      if (isOver) return
      results[i] = result
    }
  }
  run().then(conclude, (error) => {
    while (results.length < events.length || results.length === 0) results[results.length] = thrown(error)
    conclude()
  })
}

async function one(name: string, given: () => any[], use: string): Promise<Result> {
  const handle = handlers[name]
  if (!handle) return { v: verdicts.notSupported, n: 'EventNotSupported', m: `${name} is not defined` }
  try {
    const value = await handle(...given())
    // Only what somebody reads is written down: what people return otherwise may be anything.
    return use === 'destination' ? { v: verdicts.done } : { v: verdicts.done, r: value }
  } catch (error) {
    return thrown(error)
  }
}

async function batch(events: any[], settings: any, use: string): Promise<Result[]> {
  const ids = events.map((event) => event?.messageId)
  try {
    const answer = await handlers.onBatch!([...events], settings)
    return use === 'insert' ? inserted(ids, answer) : events.map((_, i) => statusOf(answer, i, use))
  } catch (error) {
    const result = thrown(error)
    return events.map(() => result)
  }
}

function statusOf(answer: any, at: number, use: string): Result {
  if (!Array.isArray(answer)) return use === 'destination' ? { v: verdicts.done } : { v: verdicts.done, r: answer }
  if (at >= answer.length) return { v: verdicts.failed, n: 'Error', m: 'onBatch answered for fewer events than it was given.' }
  const status = Number(answer[at]?.status)
  const message = answer[at]?.errormessage
  return { v: verdicts.done, s: Number.isInteger(status) ? status : 0, m: message === undefined || message === null ? undefined : shortened(message) }
}

// Lists of the same length belong together by place; else the ids of the messages tell.
function inserted(ids: any[], answer: any): Result[] {
  if (!Array.isArray(answer)) return ids.map(() => ({ v: verdicts.done }))
  if (answer.length === ids.length) return answer.map((event) => ({ v: verdicts.done, r: event }))
  const byId = new Map(answer.map((event) => [event?.messageId, event]))
  return ids.map((id) => ({ v: verdicts.done, r: byId.get(id) }))
}

const shortened = (value: any): string => {
  try {
    return slice(asText(value), 0, messageMax)
  } catch {
    return 'unreadable'
  }
}

// Anything can be thrown, and looking at it may throw again.
function thrown(error: any): Result {
  try {
    const verdict =
      error instanceof RetryError ? verdicts.retry
      : error instanceof EventNotSupported ? verdicts.notSupported
      : error instanceof InvalidEventPayload || error instanceof ValidationError ? verdicts.rejected
      : error instanceof DropEvent ? verdicts.dropped
      : verdicts.failed
    const isObject = typeof error === 'object' && error !== null
    return { v: verdict, n: shortened(isObject ? error.name ?? 'Error' : typeof error), m: shortened(isObject ? error.message ?? '' : error) }
  } catch {
    return { v: verdicts.failed, n: 'Error', m: 'What was thrown cannot be read.' }
  }
}

function written(result: Result): string {
  try {
    return stringify(result)
  } catch (error) {
    return stringify({ v: verdicts.failed, n: 'TypeError', m: `What the handler returned cannot be written as JSON: ${thrown(error).m}` })
  }
}
