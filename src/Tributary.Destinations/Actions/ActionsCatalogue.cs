using System.Text.Json;

namespace Tributary.Destinations.Actions;

/// <summary>Segment's destinations as the workers were built with them.</summary>
public sealed class ActionsCatalogue
{
    /// <summary>Name of the setting that offers destinations which open connections by themselves; its only value is <c>allow</c>.</summary>
    public const string RawSocketsKey = "TRIBUTARY_ACTIONS_RAW_SOCKETS";

    private readonly Dictionary<string, ActionsKind> _kinds;

    private ActionsCatalogue(string folder, IEnumerable<ActionsKind> kinds, bool allowsRawSockets) =>
        (Folder, _kinds, AllowsRawSockets) = (folder, kinds.ToDictionary(kind => kind.Slug, StringComparer.Ordinal), allowsRawSockets);

    /// <summary>Where the bundle and the catalogue lie: <c>workers</c> beside the program.</summary>
    public string Folder { get; }

    /// <summary>What the workers run.</summary>
    public string Script => Path.Combine(Folder, "worker.cjs");

    public IReadOnlyCollection<ActionsKind> Kinds => _kinds.Values;

    public bool AllowsRawSockets { get; }

    /// <summary>Reads the catalogue. Empty when the program was built without npm.</summary>
    /// <param name="programFolder">Where the program lies.</param>
    /// <param name="rawSockets">The setting <see cref="RawSocketsKey"/>.</param>
    public static ActionsCatalogue Load(string programFolder, string? rawSockets)
    {
        var folder = Path.Combine(programFolder, "workers");
        var path = Path.Combine(folder, "actions.json");
        var isAllowed = string.Equals(rawSockets, "allow", StringComparison.OrdinalIgnoreCase);
        if (!File.Exists(path)) return new(folder, [], isAllowed);
        // Kept for as long as the server runs: definitions are shown out of it.
        var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 256 });
        var kinds = document.RootElement.GetProperty("destinations").EnumerateArray().Select(definition => ActionsKind.Read(definition, Unavailable(definition, isAllowed)));
        return new(folder, [.. kinds], isAllowed);
    }

    public ActionsKind? Find(string slug) => _kinds.GetValueOrDefault(slug);

    private static string? Unavailable(JsonElement definition, bool isAllowed)
    {
        var slug = definition.GetProperty("slug").GetString()!;
        if (IsInternal(slug)) return $"{slug} is part of Segment's own service or a test of it, and of no use elsewhere.";
        return definition.GetProperty("rawSockets").GetBoolean() && !isAllowed
            ? $"{slug} opens connections by itself, past the rules of egress. An administrator can permit that with {RawSocketsKey}=allow."
            : null;
    }

    // These speak with services that only Segment runs, or exist beside the real one to be tested.
    private static bool IsInternal(string slug) =>
        slug is "actions-segment-profiles" or "actions-noop" or "actions-memora" or "actions-memora-internal"
        || slug.StartsWith("actions-personas-messaging-", StringComparison.Ordinal)
        || slug.EndsWith("-dev", StringComparison.Ordinal)
        || slug.EndsWith("-sandbox", StringComparison.Ordinal);
}
