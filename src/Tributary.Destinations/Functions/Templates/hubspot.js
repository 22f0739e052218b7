// HubSpot: subscriptions of a private app to contact.creation, contact.propertyChange, contact.deletion and deal.* events. One request carries up to 100 of them.

async function onRequest(request, settings) {
  const text = request.text()
  if (settings.secret) check(request, text, settings.secret)
  const events = request.json()
  if (!Array.isArray(events)) throw new InvalidEventPayload('HubSpot sends a list of events.')

  // What changed about one contact is one call.
  const changes = _.groupBy(events.filter((event) => kindOf(event) === 'contact.propertyChange'), 'objectId')
  for (const [contact, list] of Object.entries(changes)) {
    const traits = Object.fromEntries(list.map((event) => [nameOf(event.propertyName), event.propertyValue]))
    Segment.identify({
      anonymousId: `hubspot-${contact}`, traits: { ...traits, hubspotId: contact }, timestamp: timeOf(_.maxBy(list, 'occurredAt')), messageId: `hubspot-${list.map((event) => event.eventId).sort().join('-').slice(0, 90)}`
    })
  }
  for (const event of events) {
    const kind = kindOf(event)
    if (kind === 'contact.propertyChange') continue
    const isContact = kind.startsWith('contact.')
    Segment.track({
      anonymousId: isContact ? `hubspot-${event.objectId}` : `hubspot-${kind.split('.')[0]}-${event.objectId}`,
      event: _.startCase(kind),
      properties: _.pickBy({ objectId: String(event.objectId), property: event.propertyName, value: event.propertyValue, source: event.changeSource }),
      timestamp: timeOf(event),
      messageId: `hubspot-${event.eventId}`
    })
  }
}

const kindOf = (event) => event.subscriptionType || event.eventType || 'unknown'
const timeOf = (event) => (event.occurredAt ? new Date(event.occurredAt).toISOString() : undefined)
const common = { firstname: 'firstName', lastname: 'lastName', company: 'company', phone: 'phone', email: 'email', jobtitle: 'title' }
const nameOf = (property) => common[property] || property

function check(request, text, secret) {
  const timestamp = request.headers.get('x-hubspot-request-timestamp') || ''
  if (Math.abs(Date.now() - Number(timestamp)) > 300000) throw new InvalidEventPayload('The request is too old.')
  const url = decodeURIComponent(request.headers.get('x-forwarded-proto') ? request.url.href.replace(/^https?/, request.headers.get('x-forwarded-proto')) : request.url.href)
  const wanted = crypto.createHmac('sha256', secret).update('POST' + url + text + timestamp).digest('base64')
  const given = request.headers.get('x-hubspot-signature-v3') || ''
  if (wanted.length !== given.length || !crypto.timingSafeEqual(Buffer.from(wanted), Buffer.from(given))) throw new InvalidEventPayload('The signature does not fit.')
}
