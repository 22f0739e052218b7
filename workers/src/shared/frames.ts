/** A frame is its length in four bytes, least significant first, then so many bytes of JSON in UTF-8. */
const headBytes = 4

/** A value as a frame. */
export function encode(value: unknown): Buffer {
  const text = JSON.stringify(value)
  const length = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(headBytes + length)
  frame.writeUInt32LE(length, 0)
  frame.write(text, headBytes)
  return frame
}

/** Cuts what comes over a socket into frames. The host is trusted: lengths are not bounded here. */
export class FrameReader {
  private chunks: Buffer[] = []
  private held = 0
  private wanted = headBytes
  private isHead = true

  constructor(private readonly take: (frame: any) => void) {}

  push(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.held += chunk.length
    while (this.held >= this.wanted) {
      const part = this.cut(this.wanted)
      if (this.isHead) {
        this.wanted = part.readUInt32LE(0)
        this.isHead = false
      } else {
        this.wanted = headBytes
        this.isHead = true
        this.take(JSON.parse(part.toString('utf8')))
      }
    }
  }

  // Chunks are joined only when a frame spans several, so that a long frame is not copied again with every chunk.
  private cut(length: number): Buffer {
    const first = this.chunks[0]
    const whole = first.length >= length ? first : Buffer.concat(this.chunks)
    if (whole !== first) this.chunks = [whole]
    const part = whole.subarray(0, length)
    if (whole.length === length) this.chunks.shift()
    else this.chunks[0] = whole.subarray(length)
    this.held -= length
    return part
  }
}
