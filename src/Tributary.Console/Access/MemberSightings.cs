using System.Collections.Concurrent;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Access;

/// <summary>
/// When each member last went to a page. Kept in memory: it is nothing that somebody changed, so it does not belong in the log, and a restart forgets it.
/// </summary>
public sealed class MemberSightings(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _last = new(StringComparer.Ordinal);

    /// <summary>Since when members are watched for: the start of the server.</summary>
    public DateTimeOffset Since { get; } = clock.GetUtcNow();

    /// <summary>The member is here now.</summary>
    public void Saw(Member member) => _last[member.Id] = clock.GetUtcNow();

    /// <summary>When the member was here last; null when that was before the start, or never.</summary>
    public DateTimeOffset? LastOf(string memberId) => _last.TryGetValue(memberId, out var at) ? at : null;
}
