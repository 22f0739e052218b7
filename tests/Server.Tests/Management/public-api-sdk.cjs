// Drives a running server with Segment's unmodified SDK. Usage: node public-api-sdk.cjs http://host:port/api token
// Prints "ok" when everything the SDK read back is what it wrote; ends with 1 otherwise.
const assert = require('node:assert/strict');
const { SourcesApi, DestinationsApi, CatalogApi, SpacesApi, WorkspacesApi, AuditTrailApi, DeliveryOverviewApi, EventsApi } = require('@segment/public-api-sdk-typescript');

const [base, token] = process.argv.slice(2);
const open = (Api) => {
  const api = new Api(base);
  api.setDefaultAuthentication({ applyToRequest: (request) => { request.headers.Authorization = `Bearer ${token}`; } });
  return api;
};

const status = async (call) => {
  try {
    return (await call).response.statusCode;
  } catch (error) {
    if (error.statusCode) return error.statusCode;
    throw error;
  }
};

(async () => {
  const sources = open(SourcesApi);
  const destinations = open(DestinationsApi);
  const catalog = open(CatalogApi);

  const workspace = (await open(WorkspacesApi).getWorkspace()).body.data.workspace;
  assert.ok(workspace.id && workspace.slug && workspace.name);

  const kinds = (await catalog.getSourcesCatalog({ count: 50 })).body.data.sourcesCatalog;
  const javascript = kinds.find((kind) => kind.slug === 'javascript');
  assert.equal((await catalog.getSourceMetadata(javascript.id)).body.data.sourceMetadata.name, javascript.name);
  const webhook = (await catalog.getDestinationMetadata('webhook')).body.data.destinationMetadata;
  assert.ok((await catalog.getDestinationsCatalog({ count: 50 })).body.data.destinationsCatalog.every((kind) => kind.slug && Array.isArray(kind.actions)));

  const created = await sources.createSource({ slug: 'sdk-shop', enabled: true, metadataId: javascript.id, settings: { rateLimit: 100 } });
  assert.equal(created.response.statusCode, 201);
  const source = created.body.data.source;
  assert.equal(source.slug, 'sdk-shop');
  assert.equal(source.workspaceId, workspace.id);
  assert.equal(source.writeKeys.length, 1);
  assert.equal(source.metadata.slug, 'javascript');
  assert.ok(Array.isArray(source.metadata.options) && Array.isArray(source.metadata.categories) && typeof source.metadata.logos.default === 'string');
  assert.deepEqual(source.settings, { rateLimit: 100 });

  let cursor;
  const seen = [];
  do {
    const page = (await sources.listSources({ count: 1, cursor })).body.data;
    seen.push(...page.sources.map((item) => item.id));
    cursor = page.pagination.next;
  } while (cursor);
  assert.ok(seen.includes(source.id));
  assert.equal(new Set(seen).size, seen.length);

  assert.equal((await sources.getSource(source.id)).body.data.source.id, source.id);
  assert.equal((await sources.updateSource(source.id, { name: 'SDK shop', enabled: false })).body.data.source.name, 'SDK shop');
  const labels = await sources.addLabelsToSource(source.id, { labels: [{ key: 'environment', value: 'test' }] });
  assert.equal(labels.body.data.labels[0].value, 'test');
  assert.equal((await sources.replaceLabelsInSource(source.id, { labels: [] })).body.data.labels.length, 0);
  const withKey = (await sources.createWriteKeyForSource(source.id)).body.data.source;
  assert.equal(withKey.writeKeys.length, 2);
  assert.equal((await sources.removeWriteKeyFromSource(source.id, withKey.writeKeys[0])).body.data.status, 'SUCCESS');
  const schema = await sources.updateSchemaSettingsInSource(source.id, { track: { allowUnplannedEvents: false } });
  assert.equal(schema.body.data.settings.track.allowUnplannedEvents, false);
  assert.equal((await sources.listSchemaSettingsInSource(source.id)).body.data.settings.identify.allowUnplannedTraits, true);

  const destination = (await destinations.createDestination({
    sourceId: source.id, metadataId: webhook.id, enabled: true, name: 'SDK hook', settings: { url: 'https://example.com/hook' },
  })).body.data.destination;
  assert.equal(destination.metadata.supportedMethods.track, true);
  assert.equal((await destinations.listDestinations({ count: 10 })).body.data.destinations.length, 1);
  assert.equal((await sources.listConnectedDestinationsFromSource(source.id, { count: 10 })).body.data.destinations[0].id, destination.id);
  assert.equal((await sources.listConnectedWarehousesFromSource(source.id, { count: 10 })).body.data.warehouses.length, 0);
  assert.equal((await destinations.getDestination(destination.id)).body.data.destination.settings.url, 'https://example.com/hook');
  const updated = await destinations.updateDestination(destination.id, { enabled: false, settings: { url: 'https://example.com/other' } });
  assert.equal(updated.body.data.destination.enabled, false);
  assert.equal(updated.body.data.destination.settings.url, 'https://example.com/other');
  assert.equal(await status(destinations.createDestination({ sourceId: source.id, metadataId: webhook.id, settings: { url: 'ftp://example.com' } })), 400);

  const [overview, events] = [open(DeliveryOverviewApi), open(EventsApi)];
  const [start, end] = [new Date(Date.now() - 3600000).toISOString(), new Date().toISOString()];
  const sourceArguments = [source.id, start, end, 'minute', { count: 10 }, ['eventName', 'discardReason'], { eventType: ['track'] }];
  for (const ask of ['getIngressSuccessMetricsFromDeliveryOverview', 'getIngressFailedMetricsFromDeliveryOverview', 'getFilteredAtSourceMetricsFromDeliveryOverview']) {
    assert.equal((await overview[ask](...sourceArguments)).body.data.total, 0, ask);
  }
  const delivered = await overview.getEgressSuccessMetricsFromDeliveryOverview(source.id, destination.id, start, end, 'hour', { count: 10 }, ['discardReason']);
  assert.deepEqual(delivered.body.data.dataset, []);
  const volume = (await events.getEventsVolumeFromWorkspace('HOUR', start, end, ['eventName', 'source'], [source.id], undefined, ['track'], undefined, { count: 10 })).body.data;
  assert.deepEqual([volume.path, volume.query.eventType, volume.query.workspaceId, volume.result], ['/events/volume', ['track'], workspace.id, []]);

  const spaces = open(SpacesApi);
  const space = (await spaces.listSpaces({ count: 10 })).body.data.spaces[0];
  assert.equal((await spaces.getSpace(space.id)).body.data.space.slug, 'default');
  assert.ok((await open(AuditTrailApi).listAuditEvents({ count: 5 })).body.data.events.length > 0);

  assert.equal((await destinations.deleteDestination(destination.id)).body.data.status, 'SUCCESS');
  assert.equal((await sources.deleteSource(source.id)).body.data.status, 'SUCCESS');
  assert.equal(await status(sources.getSource(source.id)), 404);
  console.log('ok');
})().catch((error) => {
  console.error(error.statusCode ? `${error.statusCode} ${JSON.stringify(error.body)}` : error);
  process.exit(1);
});
