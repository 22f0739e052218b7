import { authOf, checkSettings, type Subscribed } from './settings'
import { contextOf } from './context'
import { withTokens } from './auth'
import { statusReport, type StatusReport } from './errors'
import {
  ActionDestinationErrorResponse, ErrorCodes, HTTPError, MultiStatusErrorReporter, MultiStatusResponse, removeEmptyValues, resolveAudienceMembership, Response,
  validateSchema
} from './core'
import { destination } from './registry'

const syncModes = ['add', 'update', 'upsert', 'delete', 'mirror']

/** Payloads that the host has mapped; for destinations that look at the event as well, the events they were made of. */
export interface PerformBody {
  payloads: any[]
  events?: any[]
  oauth?: any
  isBatch?: boolean
}

/**
 * Runs an action for payloads that match its trigger: what the framework does after its mapping, without its trigger and mapping. One status for each payload;
 * of a single one an error is thrown.
 */
export async function perform(body: PerformBody, subscribed: Subscribed): Promise<StatusReport[]> {
  const target = destination(subscribed.slug)
  const action = target.actions[subscribed.action!] as any
  if (!action) throw Object.assign(new Error(`${subscribed.slug} has no action ${subscribed.action}.`), { code: 'UNKNOWN_ACTION', status: 400 })
  checkSettings(target, subscribed.settings)
  const run = body.isBatch
    ? (now: Subscribed) => batch(action, structuredClone(body.payloads), body.events ?? [], now)
    : (now: Subscribed) => single(action, structuredClone(body.payloads[0]), body.events?.[0] ?? {}, now)
  return withTokens<StatusReport[]>(target, subscribed, run, (statuses) => statuses.some((status) => status.status === 401))
}

async function single(action: any, mapped: any, event: any, subscribed: Subscribed): Promise<StatusReport[]> {
  const payload = removeEmptyValues(mapped, action.schema, true)
  if (action.schema) validateSchema(payload as any, action.schema, validation(action, subscribed))
  const common = commonOf(action, subscribed)
  const membership = resolveAudienceMembership(event, common.syncMode)
  await action.performRequest(action.definition.perform, {
    ...common,
    rawData: event,
    payload,
    ...(typeof membership === 'boolean' ? { audienceMembership: membership } : {}),
    audienceSettings: audienceSettingsOf(event),
    personasContext: event.context?.personas
  })
  return [{ status: 200 }]
}

async function batch(action: any, mapped: any[], events: any[], subscribed: Subscribed): Promise<StatusReport[]> {
  if (!action.hasBatchSupport) throw Object.assign(new Error('This action does not support batched requests.'), { code: 'NotImplemented', status: 501 })
  const statuses: StatusReport[] = new Array(mapped.length)
  const valid: number[] = []
  const payloads: any[] = []
  mapped.forEach((value, index) => {
    const payload = action.schema ? removeEmptyValues(value, action.schema) : value
    try {
      if (action.schema) validateSchema(payload as any, action.schema, validation(action, subscribed))
      valid.push(index)
      payloads.push(payload)
    } catch (error) {
      statuses[index] = statusReport({ status: 400, errortype: ErrorCodes.PAYLOAD_VALIDATION_FAILED, errormessage: (error as Error).message })
    }
  })
  if (payloads.length === 0) return statuses
  const common = commonOf(action, subscribed)
  const first = events[0] ?? {}
  const data = {
    ...common,
    rawData: events,
    payload: payloads,
    audienceMembership: valid.map((index) => resolveAudienceMembership(events[index] ?? {}, common.syncMode)),
    audienceSettings: audienceSettingsOf(first),
    personasContext: first.context?.personas
  }
  const answer = await action.definition.performBatch(action.createRequestClient(data), data)
  valid.forEach((index, at) => (statuses[index] = statusReport(nodeOf(answer, at))))
  return statuses
}

// What the framework makes of the several things that a batch may return.
function nodeOf(answer: any, at: number): any {
  if (answer instanceof Response) return { status: answer.status, body: (answer as any).data ?? (answer as any).content }
  if (answer instanceof HTTPError) return { status: answer.response.status, body: answer.message }
  if (!(answer instanceof MultiStatusResponse)) return { status: 200 }
  const response = answer.getResponseAtIndex(at)
  if (!response) {
    return { status: 500, errortype: ErrorCodes.PAYLOAD_VALIDATION_FAILED, errormessage: 'MultiStatusResponse is missing a response at the specified index' }
  }
  const value: any = response.value()
  return response instanceof ActionDestinationErrorResponse
    ? { ...value, errorreporter: value.sent || value.body ? MultiStatusErrorReporter.DESTINATION : MultiStatusErrorReporter.INTEGRATIONS }
    : value
}

// The key under which the framework compiles the schema once.
const validation = (action: any, subscribed: Subscribed) => ({ schemaKey: `${subscribed.slug}:${subscribed.action}:${action.definition.title}`, exempt: ['dynamicAuthSettings'] })

function commonOf(action: any, subscribed: Subscribed) {
  const { mapping } = subscribed
  const hookOutputs: Record<string, unknown> = {}
  for (const hook of Object.keys(action.definition.hooks ?? {})) {
    if (mapping?.[hook]) hookOutputs[hook] = mapping[hook]
  }
  const syncMode = action.definition.syncMode ? mapping?.__segment_internal_sync_mode : undefined
  const matchingKey = mapping?.__segment_internal_matching_key
  return {
    ...contextOf(subscribed.destinationId),
    rawMapping: mapping,
    settings: subscribed.settings,
    auth: authOf(subscribed.oauth),
    features: subscribed.features,
    hookOutputs,
    syncMode: syncModes.includes(syncMode) ? syncMode : undefined,
    matchingKey: matchingKey ? String(matchingKey) : undefined,
    subscriptionMetadata: {
      actionConfigId: subscribed.subscriptionId,
      destinationConfigId: subscribed.destinationId,
      actionId: subscribed.action,
      sourceId: subscribed.sourceId
    }
  }
}

// A single event that has personas without settings gives undefined, one without personas gives nothing at all, as in the framework.
function audienceSettingsOf(event: any): any {
  return event.context?.personas ? event.context.personas.audience_settings : {}
}
