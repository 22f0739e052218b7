using Tributary.Engine.Identity;
using Tributary.Engine.Profiles;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Console.Profiles;

/// <summary>What a page has read of one profile, as of one commit.</summary>
public sealed class ProfileSheet
{
    internal ProfileSheet(Profile profile, Space space)
    {
        (Profile, Space, Id, Name) = (profile, space, profile.Id.ToString(), ProfileText.Name(profile));
        Events = ProfileView.EventCount(profile);
        if (ProfileView.First(profile) is { } first) FirstSeen = ProfileText.Time(first.Timestamp);
        if (ProfileView.Last(profile) is { } last) LastSeen = ProfileText.Time(last.Timestamp);
        AudienceCount = profile.Results?.Count(result => result.Value.IsMember) ?? 0;
    }

    internal Profile Profile { get; }

    /// <summary>Where it is.</summary>
    public Space Space { get; }

    public string Id { get; }

    /// <summary>What people would call it. It identifies somebody: shown through <c>Access.Mask</c>.</summary>
    public string Name { get; }

    public bool IsAccount => Profile.Collection == ProfileCollection.Accounts;

    /// <summary>Time of its earliest event; null when it has none.</summary>
    public DateTimeOffset? FirstSeen { get; }

    /// <summary>Time of its latest event; null when it has none.</summary>
    public DateTimeOffset? LastSeen { get; }

    /// <summary>How many events belong to it.</summary>
    public long Events { get; }

    /// <summary>How many audiences it is in.</summary>
    public int AudienceCount { get; }

    /// <summary>Where it is shown.</summary>
    public string Path => $"/profiles/{Id}";

    /// <summary>Whether nothing that a page shows is different.</summary>
    internal bool IsLike(ProfileSheet other) => Id == other.Id && Profile.Nodes.Count == other.Profile.Nodes.Count && Profile.EncodedSize == other.Profile.EncodedSize && Stamp == other.Stamp;

    // Every event and every answer of a definition moves one of these.
    private (long Events, long Links, long Evidence, long Changed, DateTimeOffset? Last) Stamp =>
        (Events, Profile.Links.Count, Profile.Links.Sum(link => link.Count), Profile.Results?.Select(result => result.Value.ChangedAt).DefaultIfEmpty().Max() ?? 0, LastSeen);
}

/// <summary>A profile that was found.</summary>
/// <param name="Sheet">The profile.</param>
/// <param name="Match">The identifier by which it was found, <c>type:value</c>; null when it was not asked for by one.</param>
public sealed record ProfileHit(ProfileSheet Sheet, string? Match);
