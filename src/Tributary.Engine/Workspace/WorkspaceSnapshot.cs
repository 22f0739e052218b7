using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tributary.Engine.Workspace;

/// <summary>One change of one resource within a revision. A null body deletes it.</summary>
/// <param name="Kind">One of <see cref="ResourceKind"/>.</param>
/// <param name="Id">The resource's id.</param>
/// <param name="Body">The whole resource as JSON, or null.</param>
public sealed record ResourceChange(string Kind, string Id, JsonObject? Body);

/// <summary>One change of the workspace: what is written to the received log and applied from that offset on.</summary>
/// <param name="Number">Counts up by one from 1.</param>
/// <param name="Author">Who asked for it: the name of a token, or <c>system</c>.</param>
/// <param name="At">When; milliseconds since 1970.</param>
/// <param name="Changes">What changes, applied in order.</param>
public sealed record WorkspaceRevision(long Number, string Author, long At, ImmutableArray<ResourceChange> Changes);

/// <summary>All configuration as of one revision. Immutable; the data path reads nothing else.</summary>
public sealed class WorkspaceSnapshot
{
    /// <summary>How resources are written in revisions and in the store.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The workspace before its first revision.</summary>
    public static WorkspaceSnapshot Empty { get; } = new(0, ImmutableDictionary<(string Kind, string Id), JsonObject>.Empty);

    private readonly ImmutableDictionary<(string Kind, string Id), JsonObject> _bodies;
    private readonly FrozenDictionary<string, Source> _byWriteKey;
    private readonly FrozenDictionary<string, Source>.AlternateLookup<ReadOnlySpan<char>> _byWriteKeyText;
    private readonly FrozenDictionary<uint, Source> _sourcesByNumber;
    private readonly FrozenDictionary<string, Space> _spacesById;
    private readonly FrozenDictionary<ushort, Space> _spacesByNumber;

    private WorkspaceSnapshot(long revision, ImmutableDictionary<(string Kind, string Id), JsonObject> bodies)
    {
        Revision = revision;
        _bodies = bodies;
        Sources = [.. Of<Source>("source").OrderBy(source => source.Number)];
        Destinations = [.. Of<Destination>("destination").OrderBy(destination => destination.Number)];
        Subscriptions = [.. Of<Subscription>(ResourceKind.Subscription).OrderBy(subscription => subscription.Number)];
        Filters = [.. Of<DestinationFilter>(ResourceKind.Filter).OrderBy(filter => filter.CreatedAt).ThenBy(filter => filter.Id, StringComparer.Ordinal)];
        Functions = [.. Of<Function>(ResourceKind.Function).OrderBy(function => function.CreatedAt).ThenBy(function => function.Id, StringComparer.Ordinal)];
        InsertFunctions = [.. Of<InsertFunction>(ResourceKind.InsertFunction).OrderBy(instance => instance.CreatedAt).ThenBy(instance => instance.Id, StringComparer.Ordinal)];
        Spaces = [.. Of<Space>("space").OrderBy(space => space.Number)];
        Computations = [.. Of<Computation>(ResourceKind.Computation).OrderBy(computation => computation.Number)];
        SqlTraits = [.. Of<SqlTrait>(ResourceKind.SqlTrait).OrderBy(trait => trait.Number)];
        SavedQueries = [.. Of<SavedQuery>(ResourceKind.SavedQuery).OrderBy(query => query.Name, StringComparer.OrdinalIgnoreCase).ThenBy(query => query.Id, StringComparer.Ordinal)];
        Tokens = [.. Of<Token>("token").OrderBy(token => token.Id, StringComparer.Ordinal)];
        Members = [.. Of<Member>(ResourceKind.Member).OrderBy(member => member.CreatedAt).ThenBy(member => member.Id, StringComparer.Ordinal)];
        Name = Of<WorkspaceName>(ResourceKind.Workspace).FirstOrDefault();
        // A key stands once in what was accepted; what is being checked may still have it twice.
        _byWriteKey = Sources.SelectMany(source => source.WriteKeys.Select(key => (key, source))).DistinctBy(pair => pair.key).ToFrozenDictionary(pair => pair.key, pair => pair.source);
        _byWriteKeyText = _byWriteKey.GetAlternateLookup<ReadOnlySpan<char>>();
        _sourcesByNumber = Sources.ToFrozenDictionary(source => source.Number);
        _spacesById = Spaces.ToFrozenDictionary(space => space.Id);
        _spacesByNumber = Spaces.ToFrozenDictionary(space => space.Number);
    }

    /// <summary>The number of the last revision applied; 0 for the empty workspace.</summary>
    public long Revision { get; }

    public ImmutableArray<Source> Sources { get; }

    public ImmutableArray<Destination> Destinations { get; }

    /// <summary>Of all destinations, by age.</summary>
    public ImmutableArray<Subscription> Subscriptions { get; }

    /// <summary>Of all destinations, by age.</summary>
    public ImmutableArray<DestinationFilter> Filters { get; }

    /// <summary>By age.</summary>
    public ImmutableArray<Function> Functions { get; }

    /// <summary>By age.</summary>
    public ImmutableArray<InsertFunction> InsertFunctions { get; }

    public ImmutableArray<Space> Spaces { get; }

    /// <summary>Audiences and computed traits of all spaces by age, deleted ones included: they keep their keys.</summary>
    public ImmutableArray<Computation> Computations { get; }

    /// <summary>Of all spaces, by age.</summary>
    public ImmutableArray<SqlTrait> SqlTraits { get; }

    /// <summary>Queries of the lake that are kept, by name.</summary>
    public ImmutableArray<SavedQuery> SavedQueries { get; }

    public ImmutableArray<Token> Tokens { get; }

    /// <summary>Those who may use the console, by age.</summary>
    public ImmutableArray<Member> Members { get; }

    /// <summary>Name and id of the workspace; null before the first start has made one.</summary>
    public WorkspaceName? Name { get; }

    /// <summary>The audit log, newest first; at most <see cref="AuditEntry.KeptMax"/> entries.</summary>
    public IEnumerable<AuditEntry> Audit => Of<AuditEntry>(ResourceKind.Audit).OrderByDescending(entry => entry.Revision);

    /// <summary>Every resource as stored, for the state store.</summary>
    public IEnumerable<ResourceChange> Resources => _bodies.Select(pair => new ResourceChange(pair.Key.Kind, pair.Key.Id, pair.Value));

    /// <summary>The source that a write key belongs to, enabled or not; null when nobody has the key.</summary>
    public Source? FindByWriteKey(ReadOnlySpan<char> writeKey) => _byWriteKeyText.TryGetValue(writeKey, out var source) ? source : null;

    /// <summary>As <see cref="FindByWriteKey(ReadOnlySpan{char})"/>, from UTF-8.</summary>
    public Source? FindByWriteKey(ReadOnlySpan<byte> writeKey)
    {
        if (writeKey.Length is 0 or > 256) return null;
        Span<char> text = stackalloc char[256];
        return Encoding.UTF8.TryGetChars(writeKey, text, out var written) ? FindByWriteKey(text[..written]) : null;
    }

    public Source? FindSource(uint number) => _sourcesByNumber.GetValueOrDefault(number);

    public Source? FindSource(string id) => Sources.FirstOrDefault(source => source.Id == id);

    public Destination? FindDestination(string id) => Destinations.FirstOrDefault(destination => destination.Id == id);

    public Subscription? FindSubscription(string id) => Subscriptions.FirstOrDefault(subscription => subscription.Id == id);

    /// <summary>The subscriptions of a destination, by age.</summary>
    public IEnumerable<Subscription> SubscriptionsOf(string destinationId) => Subscriptions.Where(subscription => subscription.DestinationId == destinationId);

    /// <summary>The filters of a destination, by age.</summary>
    public IEnumerable<DestinationFilter> FiltersOf(string destinationId) => Filters.Where(filter => filter.DestinationId == destinationId);

    public Function? FindFunction(string id) => Functions.FirstOrDefault(function => function.Id == id);

    /// <summary>The function that a <c>metadataId</c> names; null when it names none, or something else.</summary>
    public Function? FindFunctionOf(string metadataId) =>
        metadataId.StartsWith(Function.CatalogPrefix, StringComparison.Ordinal) ? FindFunction(metadataId[Function.CatalogPrefix.Length..]) : null;

    /// <summary>The insert function in front of a destination; null when there is none.</summary>
    public InsertFunction? FindInsertFunctionOf(string destinationId) => InsertFunctions.FirstOrDefault(instance => instance.DestinationId == destinationId);

    /// <summary>An audience or computed trait by id; null when there is none or it was deleted.</summary>
    public Computation? FindComputation(string id) => Computations.FirstOrDefault(computation => computation.Id == id && !computation.Deleted);

    public Member? FindMember(string id) => Members.FirstOrDefault(member => member.Id == id);

    public SavedQuery? FindSavedQuery(string id) => SavedQueries.FirstOrDefault(query => query.Id == id);

    public SqlTrait? FindSqlTrait(string id) => SqlTraits.FirstOrDefault(trait => trait.Id == id);

    /// <summary>The saved versions of a function, the newest first.</summary>
    public IEnumerable<FunctionVersion> VersionsOf(string functionId) =>
        Of<FunctionVersion>(ResourceKind.FunctionVersion).Where(version => version.FunctionId == functionId).OrderByDescending(version => version.Number);

    /// <summary>A space by id or slug; <c>default</c> names the default space because that is its slug.</summary>
    public Space? FindSpace(string idOrSlug) =>
        _spacesById.GetValueOrDefault(idOrSlug) ?? Spaces.FirstOrDefault(space => space.Slug == idOrSlug);

    public Space? FindSpace(ushort number) => _spacesByNumber.GetValueOrDefault(number);

    /// <summary>A resource as stored; it must not be changed. Null when there is none.</summary>
    public JsonObject? FindBody(string kind, string id) => _bodies.GetValueOrDefault((kind, id));

    /// <summary>The highest number that a resource of this kind ever had, deleted ones included; 0 when there was none.</summary>
    public long LastNumber(string kind) => FindBody(ResourceKind.Counter, kind)?["last"]?.GetValue<long>() ?? 0;

    /// <summary>The snapshot after a revision. Pure: the same revisions in the same order give the same snapshot.</summary>
    public WorkspaceSnapshot With(WorkspaceRevision revision)
    {
        var bodies = _bodies.ToBuilder();
        foreach (var change in revision.Changes)
        {
            if (change.Body is null) bodies.Remove((change.Kind, change.Id));
            else bodies[(change.Kind, change.Id)] = change.Body;
        }

        return new WorkspaceSnapshot(revision.Number, bodies.ToImmutable());
    }

    /// <summary>The snapshot made of stored resources.</summary>
    public static WorkspaceSnapshot Of(long revision, IEnumerable<ResourceChange> resources) =>
        new(revision, resources.ToImmutableDictionary(resource => (resource.Kind, resource.Id), resource => resource.Body!));

    private IEnumerable<T> Of<T>(string kind) =>
        _bodies.Where(pair => pair.Key.Kind == kind).Select(pair => pair.Value.Deserialize<T>(Json) ?? throw new InvalidDataException($"{kind} {pair.Key.Id} is empty."));
}
