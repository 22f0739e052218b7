import type { Destination } from './core'

/** What the host configured for a subscription, with the tokens of the moment. */
export interface Subscribed {
  destinationId: string
  slug: string
  settings: any
  oauth?: any
  action?: string
  subscriptionId?: string
  sourceId?: string
  mapping?: any
  features: Record<string, boolean>
}

// Settings are checked once for each configuration. The check also converts values, so it is made on the object that is used.
const checked = new WeakMap<object, { error?: unknown }>()

/** Reads a configuration and the tokens that came with the job. */
export function subscribedOf(config: any, oauth: any): Subscribed {
  const { oauth: configured, subscriptions: _subscriptions, ...settings } = config.settings ?? {}
  config.plain ??= settings
  return {
    destinationId: config.destinationId ?? '',
    slug: config.slug,
    settings: config.plain,
    oauth: oauth ?? configured,
    action: config.action,
    subscriptionId: config.subscriptionId,
    sourceId: config.sourceId,
    mapping: config.mapping,
    features: config.features ?? {}
  }
}

/** Throws what the package says about settings that do not fit. */
export function checkSettings(destination: Destination<any>, settings: any): void {
  let result = checked.get(settings)
  if (!result) {
    result = {}
    try {
      destination.validateSettings(settings)
    } catch (error) {
      result.error = error
    }
    checked.set(settings, result)
  }
  if (result.error) throw result.error
}

/** The tokens as destinations get them. */
export function authOf(oauth: any) {
  return { accessToken: oauth?.access_token, refreshToken: oauth?.refresh_token, refreshTokenUrl: oauth?.refresh_token_url }
}
