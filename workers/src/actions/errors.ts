/** Longest text that is passed on of what a destination says. */
const textMax = 400

const cut = (value: unknown): string | undefined => {
  if (value === undefined || value === null || value === '') return undefined
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === undefined || text === '{}' ? undefined : text.slice(0, textMax)
}

/** An error as the host needs it to decide what happens next. */
export interface ErrorReport {
  name: string
  message: string
  code?: string
  status?: number
  /** What the destination answered, cut. */
  answer?: string
}

export function describeError(error: unknown): ErrorReport {
  const thrown = (error ?? {}) as any
  const response = thrown.response
  const isInvalid = thrown.name === 'AggregateAjvError' || thrown.name === 'ValidationError'
  const status = thrown.status ?? response?.status ?? (isInvalid ? 400 : undefined)
  return {
    name: String(thrown.name ?? 'Error').slice(0, textMax),
    message: String(thrown.message ?? thrown).slice(0, textMax),
    code: thrown.code === undefined ? (isInvalid ? 'PAYLOAD_VALIDATION_FAILED' : undefined) : String(thrown.code).slice(0, textMax),
    status: typeof status === 'number' ? status : undefined,
    answer: cut(response?.content ?? response?.data)
  }
}

/** The status of an error as the framework itself takes it. */
export function statusOf(error: any): number {
  return error?.status ?? error?.response?.status ?? 500
}

/** What became of one event of a batch. */
export interface StatusReport {
  status: number
  errortype?: string
  errormessage?: string
  answer?: string
}

/** Leaves out what was sent, which the host knows, and cuts what came back. */
export function statusReport(node: any): StatusReport {
  const status = typeof node?.status === 'number' ? node.status : 500
  return status >= 200 && status < 300
    ? { status }
    : { status, errortype: cut(node?.errortype), errormessage: cut(node?.errormessage), answer: cut(node?.body) }
}
