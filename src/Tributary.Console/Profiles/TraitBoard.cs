using System.Text;
using System.Text.Json;
using Tributary.Engine.Identity;
using Tributary.Engine.Profiles;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Console.Profiles;

/// <summary>A trait as the page shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
/// <param name="Class">What it comes from.</param>
/// <param name="Source">The source that said so; for a computed one its own name.</param>
/// <param name="At">When it became this, by the event's own time.</param>
/// <param name="Path">Where what computes it is shown; null when there is no page.</param>
internal sealed record TraitRow(string Name, byte[] Value, TraitClass Class, string Source, DateTimeOffset At, string? Path);

/// <summary>Where a trait comes from.</summary>
internal enum TraitClass
{
    /// <summary>It was sent.</summary>
    Custom,

    /// <summary>It is computed from events and other traits.</summary>
    Computed,

    /// <summary>It says whether the profile is in an audience.</summary>
    Audience,
}

/// <summary>One value that a trait once had, or that another identifier still says.</summary>
/// <param name="Value">The value; null when it was removed.</param>
/// <param name="At">The event's own time.</param>
/// <param name="Source">The name of the source.</param>
/// <param name="MessageId">The event.</param>
/// <param name="IsCurrent">It is the value that counts.</param>
internal sealed record TraitChange(byte[]? Value, DateTimeOffset At, string Source, string MessageId, bool IsCurrent);

/// <summary>Reads what is said of a profile, by whom, and what was said before.</summary>
internal sealed class TraitBoard(Func<WorkspaceSnapshot> workspace, ProfileQueries profiles)
{
    private const int EventsLookedAtMax = 5_000;
    private const int ChangesMax = 50;

    /// <summary>All traits by name.</summary>
    public IReadOnlyList<TraitRow> List(ProfileSheet sheet)
    {
        var now = workspace();
        var computed = now.Computations.Where(each => each.SpaceId == sheet.Space.Id && !each.Deleted).ToDictionary(each => each.Key, StringComparer.Ordinal);
        return [.. ProfileView.AllTraits(sheet.Profile, now).Select(pair => Row(now, pair.Key, pair.Value, computed.GetValueOrDefault(pair.Key), sheet.Profile))];
    }

    /// <summary>Where an audience or a computed trait is shown; null when there is no page.</summary>
    public static string? PathOf(Computation computation) => Shell.ConsolePages.Has("/audiences") ? $"/audiences/{computation.Id}" : null;

    /// <summary>What a trait was before, the newest first: as far as identifiers remember it and as far back as the newest events reach.</summary>
    public IReadOnlyList<TraitChange> History(ProfileSheet sheet, string trait)
    {
        var now = workspace();
        var winner = ProfileView.Winner(sheet.Profile, trait);
        var changes = new List<(byte[]? Value, Stamp Stamp)>();
        foreach (var node in sheet.Profile.Nodes)
        {
            if (node.Fragment.Traits.TryGetValue(trait, out var own)) changes.Add((own.Json, own.Stamp));
        }

        var owner = sheet.IsAccount ? EventType.Group : EventType.Identify;
        foreach (var record in profiles.Events(sheet.Profile, long.MinValue, long.MaxValue, ascending: false).Take(EventsLookedAtMax))
        {
            if (record.Type != owner || Said(record.Payload, trait) is not { } value) continue;
            changes.Add((value, new Stamp(record.Timestamp, record.ReceivedAt, record.Source, Encoding.UTF8.GetString(record.MessageId.Span))));
        }

        return
        [
            .. changes.DistinctBy(change => change.Stamp.MessageId).OrderByDescending(change => change.Stamp).Take(ChangesMax)
                .Select(change => new TraitChange(
                    change.Value, ProfileText.Time(change.Stamp.Timestamp), SourceName(now, change.Stamp.Source), change.Stamp.MessageId, winner?.Stamp.CompareTo(change.Stamp) == 0)),
        ];
    }

    /// <summary>The name of a source; of a deleted one that it is gone.</summary>
    public static string SourceName(WorkspaceSnapshot now, uint number) => number == 0 ? "by hand" : now.FindSource(number)?.Name ?? "deleted source";

    private static TraitRow Row(WorkspaceSnapshot now, string name, Trait trait, Computation? computation, Profile profile)
    {
        if (computation is null || profile.Results?.GetValueOrDefault(computation.Number).Json is null)
            return new TraitRow(name, trait.Json!, TraitClass.Custom, SourceName(now, trait.Stamp.Source), ProfileText.Time(trait.Stamp.Timestamp), null);
        var its = computation.IsAudience ? TraitClass.Audience : TraitClass.Computed;
        return new TraitRow(name, trait.Json!, its, computation.Name, ProfileText.Time(trait.Stamp.Timestamp), PathOf(computation));
    }

    private static byte[]? Said(ReadOnlyMemory<byte> message, string trait)
    {
        using var parsed = JsonDocument.Parse(message, new JsonDocumentOptions { MaxDepth = 1_000 });
        return parsed.RootElement.TryGetProperty("traits", out var traits) && traits.ValueKind == JsonValueKind.Object && traits.TryGetProperty(trait, out var value)
            ? Encoding.UTF8.GetBytes(value.GetRawText())
            : null;
    }
}
