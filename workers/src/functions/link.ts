import { connect, type Socket } from 'net'
import { FrameReader } from '../shared/frames'

/** What the host sends: a job, the answer to a request, or something about the connection. */
export interface LinkEvents {
  opened(): void
  job(id: number, body: any, config: any): void
  cancelled(id: number): void
  answered(ask: number, answer: string | undefined, error: string | undefined): void
}

/**
 * The connection to the host. Not the one of the other modes: that one keeps an object for the job with everything that runs on its behalf, and people's code can
 * find such an object on its own promises.
 */
export class Link {
  private readonly configs = new Map<string, unknown>()
  private lastAsk = 0

  private constructor(private readonly socket: Socket, private readonly events: LinkEvents) {}

  static open(path: string, events: LinkEvents): Link {
    const socket = connect(path)
    const link = new Link(socket, events)
    const reader = new FrameReader((frame) => link.take(frame))
    socket.on('connect', () => events.opened())
    socket.on('data', (chunk) => reader.push(chunk))
    socket.on('error', () => process.exit(1))
    socket.on('close', () => process.exit(0))
    return link
  }

  /** Says that jobs can come. */
  ready(token: string): void {
    this.write(JSON.stringify({ ready: token, version: process.version }))
  }

  /** Answers a job; <c>json</c> is the text of a value. */
  reply(job: number, json: string): void {
    this.write(`{"re":${job},"ok":${json}}`)
  }

  /** Asks on behalf of a job; <c>json</c> is the text of a value. The answer comes as an event with the number that is returned. */
  ask(kind: string, job: number, json: string): number {
    const id = ++this.lastAsk
    this.write(`{"ask":${JSON.stringify(kind)},"id":${id},"job":${job},"body":${json}}`)
    return id
  }

  /** Takes a request back. */
  unask(id: number): void {
    this.write(`{"unask":${id}}`)
  }

  private write(text: string): void {
    const length = Buffer.byteLength(text)
    const frame = Buffer.allocUnsafe(4 + length)
    frame.writeUInt32LE(length, 0)
    frame.write(text, 4)
    this.socket.write(frame)
  }

  private take(frame: any): void {
    if (frame.op !== undefined) this.events.job(frame.id, frame.body, this.configs.get(frame.config))
    else if (frame.re !== undefined) this.events.answered(frame.re, 'ok' in frame ? JSON.stringify(frame.ok) : undefined, frame.error)
    else if (frame.ping) this.write('{"pong":true}')
    else if (frame.cancel !== undefined) this.events.cancelled(frame.cancel)
    else if ('value' in frame) this.configs.set(frame.config, frame.value)
    else if (frame.forget !== undefined) this.configs.delete(frame.forget)
  }
}
