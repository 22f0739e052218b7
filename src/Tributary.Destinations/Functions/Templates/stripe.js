// Stripe: an endpoint for customer.created, customer.updated, customer.subscription.*, invoice.*, charge.* and checkout.session.completed.

async function onRequest(request, settings) {
  check(request, request.text(), settings.secret)
  const event = request.json()
  const object = event.data.object
  const timestamp = new Date(event.created * 1000).toISOString()
  const customer = object.object === 'customer' ? object.id : typeof object.customer === 'string' ? object.customer : _.get(object, 'customer.id')
  const userId = _.get(object, 'metadata.userId') || object.client_reference_id
  const person = userId ? { userId } : { anonymousId: `stripe-${customer || object.id}` }
  const email = object.email || object.customer_email || object.receipt_email || _.get(object, 'customer_details.email') || _.get(object, 'billing_details.email')

  if (object.object === 'customer') {
    Segment.identify({ ...person, traits: _.pickBy({ email, name: object.name, phone: object.phone, stripeId: object.id }), timestamp, messageId: `${event.id}-identify` })
    return
  }
  if (email) Segment.identify({ ...person, traits: _.pickBy({ email, stripeId: customer }), timestamp, messageId: `${event.id}-identify` })
  const amount = _.find([object.amount_total, object.amount_paid, object.amount_received, object.amount, _.get(object, 'plan.amount')], _.isNumber)
  Segment.track({
    ...person,
    event: names[event.type] || _.startCase(event.type),
    properties: _.pickBy({
      id: object.id, status: object.status, currency: _.toUpper(object.currency), revenue: revenues.has(event.type) ? major(amount, object.currency) : undefined, amount: major(amount, object.currency)
    }, (value) => value !== undefined && value !== ''),
    context: { traits: _.pickBy({ email }) },
    timestamp,
    messageId: event.id
  })
}

const names = {
  'checkout.session.completed': 'Order Completed',
  'charge.succeeded': 'Payment Succeeded',
  'charge.failed': 'Payment Failed',
  'charge.refunded': 'Order Refunded',
  'invoice.paid': 'Invoice Paid',
  'customer.subscription.created': 'Subscription Started',
  'customer.subscription.deleted': 'Subscription Cancelled'
}
const revenues = new Set(['checkout.session.completed', 'invoice.paid'])
const whole = new Set(['bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'ugx', 'vnd', 'vuv', 'xaf', 'xof', 'xpf'])
const major = (amount, currency) => (amount === undefined ? undefined : whole.has(_.toLower(currency)) ? amount : amount / 100)

function check(request, text, secret) {
  const parts = (request.headers.get('stripe-signature') || '').split(',').map((part) => part.split('='))
  const timestamp = (parts.find(([name]) => name === 't') || [])[1]
  if (!timestamp || Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) throw new InvalidEventPayload('The request is not signed, or too old.')
  const wanted = Buffer.from(crypto.createHmac('sha256', secret).update(`${timestamp}.${text}`).digest('hex'))
  const fits = parts.some(([name, given]) => name === 'v1' && given.length === wanted.length && crypto.timingSafeEqual(wanted, Buffer.from(given)))
  if (!fits) throw new InvalidEventPayload('The signature does not fit.')
}
