// Stands in for what a library asks for and does not need here.
export class Stream {}
export class StringDecoder {
  write(bytes: any): string {
    return String(bytes)
  }

  end(): string {
    return ''
  }
}
