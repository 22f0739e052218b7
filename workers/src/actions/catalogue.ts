import type { Listed } from 'destination-list'
import { destination, listed } from './registry'

// Functions have no place in JSON; what is a list of choices made by a function is shown as dynamic.
const plain = (value: unknown) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))

function describeAction(action: any) {
  const definition = action.definition
  const hooks = Object.entries<any>(definition.hooks ?? {}).map(([name, hook]) => [
    name, plain({ label: hook.label, description: hook.description, inputFields: hook.inputFields, outputTypes: hook.outputTypes })
  ])
  return {
    title: definition.title,
    description: definition.description ?? '',
    platform: definition.platform ?? 'cloud',
    hidden: definition.hidden ?? false,
    defaultSubscription: definition.defaultSubscription ?? null,
    fields: plain(definition.fields ?? {}),
    syncMode: plain(definition.syncMode) ?? null,
    hooks: Object.fromEntries(hooks),
    dynamicFields: Object.keys(definition.dynamicFields ?? {}),
    hasBatch: action.hasBatchSupport
  }
}

/** Everything about a destination that can be written down. */
export function describeDestination(slug: string, entry: Listed) {
  const target = destination(slug)
  const definition: any = target.definition
  const authentication: any = definition.authentication
  return {
    id: entry.id,
    slug,
    name: definition.name,
    mode: definition.mode,
    description: definition.description ?? '',
    rawSockets: entry.rawSockets,
    readsEvent: entry.readsEvent || definition.audienceConfig !== undefined,
    authentication: authentication
      ? { scheme: authentication.scheme, fields: plain(authentication.fields ?? {}), hasTest: !!authentication.testAuthentication, hasRefresh: !!authentication.refreshAccessToken }
      : { scheme: 'none', fields: {}, hasTest: false, hasRefresh: false },
    actions: Object.fromEntries(Object.entries(target.actions).map(([key, action]) => [key, describeAction(action)])),
    presets: plain(definition.presets ?? []),
    hasDelete: !!definition.onDelete,
    audience: definition.audienceConfig
      ? { mode: plain(definition.audienceConfig.mode), hasCreate: 'createAudience' in definition.audienceConfig, hasGet: 'getAudience' in definition.audienceConfig }
      : null,
    audienceFields: plain(definition.audienceFields ?? {})
  }
}

/** All of them, for the server's catalogue. */
export function catalogue() {
  return { destinations: listed().map(([slug, entry]) => describeDestination(slug, entry)) }
}
