import type { Destination } from './core'
import { statusOf } from './errors'
import type { Subscribed } from './settings'

/** How the host hears of new tokens. */
let tell: ((destinationId: string, tokens: unknown) => Promise<unknown>) | undefined

export function tellTokensWith(how: typeof tell): void {
  tell = how
}

// Jobs that fail together refresh once: with some providers a second use of the same refresh token revokes both.
const refreshing = new Map<string, Promise<any>>()

const rejected = () => Object.assign(new Error('Failed to refresh access token'), { name: 'InvalidAuthenticationError', status: 401, code: 'OAUTH_REFRESH_FAILED' })

function refresh(destination: Destination<any>, subscribed: Subscribed): Promise<any> {
  const { oauth } = subscribed
  if (oauth?.trial) return Promise.reject(rejected())
  const key = `${subscribed.destinationId} ${oauth?.access_token}`
  const running = refreshing.get(key)
  if (running) return running
  const done = (async () => {
    const tokens = await destination.refreshAccessToken(subscribed.settings, {
      accessToken: oauth?.access_token,
      refreshToken: oauth?.refresh_token,
      clientId: oauth?.clientId,
      clientSecret: oauth?.clientSecret,
      refreshTokenUrl: oauth?.refresh_token_url
    } as any)
    if (!tokens) throw rejected()
    await tell?.(subscribed.destinationId, tokens)
    return tokens
  })()
  refreshing.set(key, done)
  // Those who started with the old token and fail a moment later still find the result.
  const forget = () => setTimeout(() => refreshing.delete(key), 30_000).unref()
  done.then(forget, () => refreshing.delete(key))
  return done
}

/** The destination for what the framework runs by itself: when it renews tokens, that is done here, so that the host hears of them. */
export function watched(destination: Destination<any>, subscribed: Subscribed): Destination<any> {
  return Object.create(destination, { refreshAccessToken: { value: () => refresh(destination, subscribed) } })
}

/** Runs something; when the destination says 401 and has OAuth, refreshes the token once and runs it again. */
export async function withTokens<T>(destination: Destination<any>, subscribed: Subscribed, run: (subscribed: Subscribed) => Promise<T>, isRejected: (result: T) => boolean): Promise<T> {
  const scheme = destination.authentication?.scheme
  // Tokens that are only tried belong to nobody yet: renewing them would use up what is about to be saved.
  const canRefresh = (scheme === 'oauth2' || scheme === 'oauth-managed') && !subscribed.oauth?.trial
  const again = async () => {
    const tokens = await refresh(destination, subscribed)
    const oauth = { ...subscribed.oauth, access_token: tokens.accessToken, ...(tokens.refreshToken ? { refresh_token: tokens.refreshToken } : {}) }
    return run({ ...subscribed, oauth })
  }
  let result: T
  try {
    result = await run(subscribed)
  } catch (error) {
    if (!canRefresh || statusOf(error) !== 401) throw error
    return again()
  }
  return canRefresh && isRejected(result) ? again() : result
}
