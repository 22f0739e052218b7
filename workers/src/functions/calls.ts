import { AsyncLocalStorage } from 'async_hooks'
import { compute } from './border'
import type { Link } from './link'
import { open, type Border, type Entry } from './program'

/** Most text that a call may write to the console, in characters. */
const logMax = 4_096
const messagesMax = 300
const messageBytesMax = 32 << 10
const fetchesMax = 200
const requestLengthMax = 8 << 20
const timersMax = 1_000
/** Longest result of a call, in characters. */
const resultMax = 16 << 20
/** Versions whose contexts are kept: the one that runs and the one before it. */
const programsMax = 2
const lookEveryMs = 100

interface Call {
  readonly id: number
  readonly program: Entry
  readonly withinMs: number
  readonly logs: string[]
  readonly messages: string[]
  logged: number
  fault?: string
  begunAt: number
}

/** The calls that are under way, and everything that they have asked for. */
export class Calls {
  // The number of a call and never an object: what is stored here can be seen on the promises of people's code.
  private readonly current = new AsyncLocalStorage<number>()
  private readonly calls = new Map<number, Call>()
  private readonly programs = new Map<string, Entry | string>()
  private readonly fetches = new Map<number, { program: Entry; fetch: number }>()
  private readonly asks = new Map<string, number>()
  private readonly timers = new Map<string, NodeJS.Timeout>()
  private lastProgram = 0
  private watch?: NodeJS.Timeout

  constructor(readonly link: Link) {}

  /** Begins a job: <c>{handler, use, input, withinMs, budgetMs}</c> with the configuration <c>{version, code, settings}</c>. */
  begin(id: number, body: any, config: any): void {
    const program = config === undefined ? 'It was not configured.' : this.program(config.version, config.code)
    if (typeof program === 'string') {
      this.link.reply(id, JSON.stringify({ fault: program }))
      return
    }

    this.calls.set(id, { id, program, withinMs: body.withinMs, logs: [], messages: [], logged: 0, begunAt: Date.now() })
    this.watch ??= setInterval(() => this.look(), lookEveryMs)
    this.current.run(id, () => program.call(id, body.handler, body.use, body.input, config.settings, body.budgetMs))
  }

  /** The host no longer wants a result. */
  cancel(id: number): void {
    if (this.calls.has(id)) this.end(id, undefined)
  }

  /** The host answers a request. */
  answered(ask: number, answer: string | undefined, error: string | undefined): void {
    const waiting = this.fetches.get(ask)
    if (!waiting) return
    this.fetches.delete(ask)
    waiting.program.answer(waiting.fetch, answer ?? error ?? '', answer === undefined)
  }

  // A call whose event takes too long is told to conclude; what it left running goes on and reaches nobody.
  private look(): void {
    const now = Date.now()
    for (const call of [...this.calls.values()]) {
      if (now - call.begunAt >= call.withinMs) call.program.late(call.id)
    }
    if (this.calls.size > 0) return
    clearInterval(this.watch)
    this.watch = undefined
  }

  private program(version: string, code: string): Entry | string {
    const known = this.programs.get(version)
    if (known !== undefined) {
      this.programs.delete(version)
      this.programs.set(version, known)
      return known
    }
    const number = ++this.lastProgram
    const border: Border = (kind, ...given) => {
      try {
        return this.cross(number, made, kind, given)
      } catch {
        return '-This failed.'
      }
    }
    const made = open(code, border)
    this.programs.set(version, made)
    if (this.programs.size > programsMax) this.programs.delete(this.programs.keys().next().value!)
    return made
  }

  // Whatever comes here was chosen by people's code.
  private cross(program: number, entry: Entry | string, kind: string, given: unknown[]): string | number | undefined {
    for (const value of given) if (typeof value !== 'string' && typeof value !== 'number' && value !== undefined) return '-Only texts and numbers can pass.'
    const [first, second, third] = given as [any, any, any]
    const computed = compute(kind, given)
    if (computed !== undefined) return computed
    const call = this.calls.get(this.current.getStore() ?? 0)
    switch (kind) {
      case 'begin':
        if (call) call.begunAt = Date.now()
        return undefined
      case 'done':
        this.end(Number(first), String(second))
        return undefined
      case 'log':
        return call ? this.log(call, String(first)) : undefined
      case 'send':
        return call ? this.send(call, String(first)) : '-There is no request that this would belong to.'
      case 'fetch':
        return call && typeof entry !== 'string' ? this.fetch(program, call, Number(first), String(second)) : '-A request can be made during a call only.'
      case 'abort': {
        const key = `${program} ${first}`
        const ask = this.asks.get(key)
        if (ask !== undefined && this.fetches.delete(ask)) this.link.unask(ask)
        return undefined
      }
      case 'timer':
        return typeof entry === 'string' ? '-' : this.timer(program, entry, Number(first), Number(second), third === 1)
      case 'untimer': {
        const key = `${program} ${first}`
        clearTimeout(this.timers.get(key))
        this.timers.delete(key)
        return undefined
      }
      default:
        return '-There is no such thing.'
    }
  }

  private log(call: Call, text: string): undefined {
    if (call.logged >= logMax) return undefined
    const kept = text.slice(0, logMax - call.logged)
    call.logged += kept.length + 1
    call.logs.push(kept)
    return undefined
  }

  private send(call: Call, json: string): string {
    const refused = Buffer.byteLength(json) > messageBytesMax
      ? `failed calling Tracking API: the message is too large, over the limit of ${messageBytesMax >> 10} KB`
      : call.messages.length >= messagesMax ? `A call sends at most ${messagesMax} messages.` : undefined
    if (refused === undefined) {
      call.messages.push(json)
      return '+'
    }
    // It counts even when the code catches the error: a part must not pass for the whole.
    call.fault ??= refused
    return `-${refused}`
  }

  private fetch(program: number, call: Call, fetch: number, json: string): string {
    if (this.fetches.size >= fetchesMax) return `-At most ${fetchesMax} requests can be under way at once.`
    if (json.length > requestLengthMax) return `-A request has at most ${requestLengthMax >> 20} MB.`
    const ask = this.link.ask('fetch', call.id, json)
    this.fetches.set(ask, { program: call.program, fetch })
    const key = `${program} ${fetch}`
    this.asks.set(key, ask)
    // Only what is under way can be taken back.
    if (this.asks.size > fetchesMax * 2) for (const [old, number] of this.asks) if (!this.fetches.has(number)) this.asks.delete(old)
    return '+'
  }

  private timer(program: number, entry: Entry, id: number, ms: number, isRepeated: boolean): string {
    if (this.timers.size >= timersMax) return `-At most ${timersMax} timers can run at once.`
    const key = `${program} ${id}`
    const fire = () => {
      if (!isRepeated) this.timers.delete(key)
      entry.fire(id)
    }
    const pause = Math.max(1, Math.min(ms || 0, 2_147_483_647))
    this.timers.set(key, isRepeated ? setInterval(fire, pause) : setTimeout(fire, pause))
    return '+'
  }

  private end(id: number, results: string | undefined): void {
    const call = this.calls.get(id)
    if (!call) return
    this.calls.delete(id)
    const logs = JSON.stringify(call.logs)
    if (results === undefined) this.link.reply(id, '{"cancelled":true}')
    else if (results.length > resultMax) this.link.reply(id, JSON.stringify({ excess: `The result has ${results.length} characters; the most are ${resultMax}.`, logs: call.logs }))
    else this.link.reply(id, `{"results":${results},"messages":[${call.messages.join(',')}],"logs":${logs}${call.fault === undefined ? '' : `,"overrun":${JSON.stringify(call.fault)}`}}`)
  }
}
