// Zendesk: a webhook that a trigger on tickets calls, with this body (JSON):
// {"event":"Ticket Created",
//  "ticket":{"id":"{{ticket.id}}","subject":"{{ticket.title}}","status":"{{ticket.status}}","priority":"{{ticket.priority}}","tags":"{{ticket.tags}}","updatedAt":"{{ticket.updated_at_with_timestamp}}"},
//  "requester":{"id":"{{ticket.requester.id}}","externalId":"{{ticket.requester.external_id}}","name":"{{ticket.requester.name}}","email":"{{ticket.requester.email}}"}}

async function onRequest(request, settings) {
  const text = request.text()
  if (settings.secret) check(request, text, settings.secret)
  const { event, ticket, requester } = request.json()
  if (!ticket || !ticket.id) throw new InvalidEventPayload('The body has no ticket; see the top of the code.')
  if (!requester || !requester.id) throw new InvalidEventPayload('The body has no requester; see the top of the code.')
  const person = requester.externalId ? { userId: requester.externalId } : { anonymousId: `zendesk-${requester.id}` }
  const traits = _.pickBy({ email: requester.email, name: requester.name, zendeskId: String(requester.id) })

  Segment.identify({ ...person, traits })
  Segment.track({
    ...person,
    event: event || 'Ticket Updated',
    properties: _.pickBy({
      ticketId: String(ticket.id), subject: ticket.subject, status: _.toLower(ticket.status), priority: _.toLower(ticket.priority), tags: _.words(ticket.tags, /[^\s,]+/g)
    }, (value) => !_.isEmpty(value)),
    context: { traits: _.pick(traits, 'email') }
  })
}

function check(request, text, secret) {
  const timestamp = request.headers.get('x-zendesk-webhook-signature-timestamp') || ''
  const wanted = crypto.createHmac('sha256', secret).update(timestamp + text).digest('base64')
  if (!same(wanted, request.headers.get('x-zendesk-webhook-signature'))) throw new InvalidEventPayload('The signature does not fit.')
}

function same(one, other) {
  return typeof other === 'string' && one.length === other.length && crypto.timingSafeEqual(Buffer.from(one), Buffer.from(other))
}
