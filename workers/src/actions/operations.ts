import type { Operations } from '../shared/connection'
import { tellTokensWith, watched, withTokens } from './auth'
import { contextOf, noStats } from './context'
import { fieldsToJsonSchema } from './core'
import { describeDestination } from './catalogue'
import { statusReport } from './errors'
import { perform } from './perform'
import { destination, listed } from './registry'
import { authOf, subscribedOf } from './settings'

/** A subscription as the framework keeps it among the settings. */
function frameworkSettings(body: any, config: any) {
  const subscribed = subscribedOf(config, body.oauth)
  const subscription = { subscribe: body.subscribe ?? 'type != ""', partnerAction: subscribed.action, mapping: subscribed.mapping, ID: subscribed.subscriptionId, ConfigID: subscribed.destinationId }
  return { subscribed, settings: { ...subscribed.settings, ...(subscribed.oauth ? { oauth: { ...subscribed.oauth } } : {}), ...(subscribed.action ? { subscriptions: [subscription] } : {}) } }
}

let tokens: ((destinationId: string, tokens: unknown) => Promise<unknown>) | undefined

/** Sets how the host hears of new tokens. */
export function tellTokens(how: typeof tokens): void {
  tokens = how
  tellTokensWith(how)
}

function optionsOf(destinationId: string, features: Record<string, boolean>) {
  return { ...contextOf(destinationId), features, onTokenRefresh: (fresh: unknown) => void tokens?.(destinationId, fresh) }
}

// The framework tells the status of a test in words only, and none where the destination has put the 401 into words of its own.
function withStatus(error: any): any {
  const said = error?.status === undefined ? /^Credentials are invalid: (\d{3}|(?= .*(?:token|authenticat|unauthorized))) /i.exec(String(error?.message)) : null
  return said ? Object.assign(error, { status: Number(said[1] || 401) }) : error
}

// Choices of fields and hooks need no subscription, but the same care for tokens.
function withAuth<T>(body: any, config: any, run: (target: any, data: any) => Promise<T>): Promise<T> {
  const subscribed = subscribedOf(config, body.oauth)
  const target = destination(subscribed.slug)
  const action = body.action ?? subscribed.action
  return withTokens(target, subscribed, (now) => run(action ? target.actions[action] : target, {
    settings: now.settings, auth: authOf(now.oauth), features: now.features, ...contextOf(now.destinationId)
    // Most actions catch what the destination says and give it as their answer.
  }), (result: any) => String(result?.error?.code) === '401')
}

/** Everything that the host may have done. */
export const operations: Operations = {
  perform: (body, config) => perform(body, subscribedOf(config, body.oauth)),

  event: async (body, config) => {
    const { subscribed, settings } = frameworkSettings(body, config)
    return destination(subscribed.slug).onEvent(body.event, settings as any, optionsOf(subscribed.destinationId, subscribed.features) as any)
  },

  batch: async (body, config) => {
    const { subscribed, settings } = frameworkSettings(body, config)
    const results: any[] = await destination(subscribed.slug).onBatch(body.events, settings as any, optionsOf(subscribed.destinationId, subscribed.features) as any)
    return results.map((result) => (result.multistatus ? { multistatus: result.multistatus.map(statusReport) } : result))
  },

  delete: async (body, config) => {
    const { subscribed, settings } = frameworkSettings(body, config)
    const target = watched(destination(subscribed.slug), subscribed)
    if (!target.onDelete) return { output: 'no onDelete defined' }
    return target.onDelete({ type: 'delete', userId: body.userId, anonymousId: body.anonymousId } as any, settings as any, { ...contextOf(subscribed.destinationId), features: subscribed.features } as any)
  },

  testAuth: async (body, config) => {
    const subscribed = subscribedOf(config, body.oauth)
    const target = destination(subscribed.slug)
    await withTokens(target, subscribed, async (now) => {
      try {
        await target.testAuthentication(frameworkSettings({ ...body, oauth: now.oauth }, config).settings as any)
      } catch (error: any) {
        throw withStatus(error)
      }
    }, () => false)
    return true
  },

  refreshToken: async (body, config) => {
    const subscribed = subscribedOf(config, body.oauth)
    return destination(subscribed.slug).refreshAccessToken(subscribed.settings, {
      accessToken: subscribed.oauth?.access_token,
      refreshToken: subscribed.oauth?.refresh_token,
      clientId: subscribed.oauth?.clientId,
      clientSecret: subscribed.oauth?.clientSecret,
      refreshTokenUrl: subscribed.oauth?.refresh_token_url
    } as any)
  },

  createAudience: async (body, config) => {
    const { subscribed, settings } = frameworkSettings(body, config)
    return watched(destination(subscribed.slug), subscribed).createAudience({ ...body.audience, settings, statsContext: noStats, features: subscribed.features } as any)
  },

  getAudience: async (body, config) => {
    const { subscribed, settings } = frameworkSettings(body, config)
    return watched(destination(subscribed.slug), subscribed).getAudience({ ...body.audience, settings, statsContext: noStats, features: subscribed.features } as any)
  },

  dynamicField: (body, config) => withAuth(body, config, (action, data) => {
    if (!action) throw Object.assign(new Error('There is no such action.'), { code: 'UNKNOWN_ACTION', status: 400 })
    return action.executeDynamicField(body.field, { ...data, payload: body.payload ?? {}, page: body.page })
  }),

  hook: (body, config) => withAuth(body, config, (action, data) => {
    if (!action) throw Object.assign(new Error('There is no such action.'), { code: 'UNKNOWN_ACTION', status: 400 })
    return action.executeHook(body.hook, { ...data, payload: body.payload ?? {}, hookInputs: body.inputs ?? {}, hookOutputs: body.outputs ?? {} })
  }),

  describe: async (body) => {
    const found = listed().find(([slug]) => slug === body.slug)
    if (!found) throw Object.assign(new Error(`There is no destination ${body.slug}.`), { code: 'UNKNOWN_DESTINATION', status: 404 })
    const target = destination(body.slug)
    const schemas = Object.fromEntries(Object.entries(target.actions).map(([key, action]) => [key, action.definition.fields ? fieldsToJsonSchema(action.definition.fields) : {}]))
    return { ...describeDestination(found[0], found[1]), schemas, settingsSchema: target.settingsSchema ?? null }
  }
}
