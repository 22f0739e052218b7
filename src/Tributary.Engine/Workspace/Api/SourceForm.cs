using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tributary.Engine.Workspace;

/// <summary>Turns what somebody sent into a source. Names and optional fields: Segment's Public API; <c>name</c>, <c>spaceId</c> and <c>writeKeys</c> on creation are ours.</summary>
internal static partial class SourceForm
{
    /// <summary>Longest slug and name, in characters.</summary>
    public const int NameLengthMax = 255;

    /// <summary>Most write keys of one source.</summary>
    public const int WriteKeysMax = 100;

    private const int WriteKeyLengthMax = 64;

    private const int LabelsMax = 100;

    public static WorkspaceEdit Create(JsonInput input, WorkspaceSnapshot now, SecretBox secrets, string id)
    {
        var slug = input.Text("slug", 100, required: true) ?? "";
        var metadataId = input.Text("metadataId", 100, required: true) ?? "";
        if (metadataId.Length > 0 && SourceCatalog.NameOf(metadataId) is null && now.FindFunctionOf(metadataId)?.ResourceType != Function.SourceType)
            input.Fault("metadataId", $"metadataId \"{metadataId}\" is unknown. Possible are {string.Join(", ", SourceCatalog.Entries.Select(entry => entry.Slug))}.");
        var keys = input.Texts("writeKeys", WriteKeysMax, WriteKeyLengthMax);
        if (keys.Any(key => !WriteKeyText().IsMatch(key)))
            input.Fault("writeKeys", "A write key has 8 to 64 letters, digits, dashes and underscores.");
        var source = new Source
        {
            Id = id,
            Number = WorkspaceNumbers.Next(now, ResourceKind.Source),
            Slug = slug,
            Name = input.Text("name", NameLengthMax) ?? slug,
            MetadataId = metadataId,
            Enabled = input.Flag("enabled") ?? true,
            SpaceId = SpaceOf(input, now) ?? now.FindSpace(WorkspaceSetup.DefaultSpace)?.Id ?? "",
            WriteKeys = keys.IsEmpty ? [WorkspaceSecrets.NewWriteKey()] : keys,
            Settings = Merge([], input.Object("settings")),
            Labels = Labels(input, []),
        };
        return Checked(input, now, secrets, [], source);
    }

    public static WorkspaceEdit Update(JsonInput input, WorkspaceSnapshot now, SecretBox secrets, Source source) => Checked(input, now, secrets, source.Settings, source with
    {
        Slug = input.Text("slug", 100) ?? source.Slug,
        Name = input.Text("name", NameLengthMax) ?? source.Name,
        Enabled = input.Flag("enabled") ?? source.Enabled,
        SpaceId = SpaceOf(input, now) ?? source.SpaceId,
        Settings = Merge(source.Settings, input.Object("settings")),
        Labels = input.Has("labels") ? Labels(input, []) : source.Labels,
    });

    /// <summary>The labels that were sent, on top of those there are; a key stands once.</summary>
    public static ImmutableArray<Label> Labels(JsonInput input, ImmutableArray<Label> present)
    {
        var labels = present.ToDictionary(label => label.Key, StringComparer.Ordinal);
        foreach (var item in input.Objects("labels", LabelsMax))
        {
            if (item.Text("key", NameLengthMax, required: true) is { } key && item.Text("value", NameLengthMax, required: true) is { } value)
                labels[key] = new Label(key, value, item.Text("description", NameLengthMax));
        }

        if (labels.Count > LabelsMax) input.Fault("labels", $"A source has at most {LabelsMax} labels.");
        return [.. labels.Values.OrderBy(label => label.Key, StringComparer.Ordinal)];
    }

    /// <summary>Settings after a change: each key that was sent replaces the one that is there; null takes it away.</summary>
    public static JsonObject Merge(JsonObject present, JsonObject? sent)
    {
        var merged = present.DeepClone().AsObject();
        foreach (var (key, value) in sent ?? [])
        {
            if (value is null) merged.Remove(key);
            else merged[key] = value.DeepClone();
        }

        return merged;
    }

    private static WorkspaceEdit Checked(JsonInput input, WorkspaceSnapshot now, SecretBox secrets, JsonObject present, Source source)
    {
        if (source.Slug.Length > 0 && !SlugText().IsMatch(source.Slug))
            input.Fault("slug", "slug must consist of letters, digits, dashes, dots and underscores, and begin with a letter or digit.");
        if (source.Settings["rateLimit"] is not null && source.RateLimit is null)
            input.Fault("settings.rateLimit", "settings.rateLimit must be a whole number of at least 1: events a second.");
        if (now.FindFunctionOf(source.MetadataId) is { } function)
        {
            // Checked in the clear, stored sealed.
            source = source with { Settings = secrets.Seal(source.Settings, function.IsSecret, present) };
            foreach (var fault in FunctionSettings.Check(function, secrets.UnsealReadable(source.Settings))) input.Fault(fault.Field ?? "settings", fault.Message);
        }

        return input.Faults.Count == 0 ? ResourceKind.Put(source) : WorkspaceRefusal.Invalid(input.Faults);
    }

    private static string? SpaceOf(JsonInput input, WorkspaceSnapshot now)
    {
        if (input.Text("spaceId", NameLengthMax) is not { } asked) return null;
        if (now.FindSpace(asked) is { } space) return space.Id;
        input.Fault("spaceId", $"There is no space \"{asked}\".");
        return null;
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.\-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex SlugText();

    [GeneratedRegex(@"^[A-Za-z0-9_\-]{8,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex WriteKeyText();
}
