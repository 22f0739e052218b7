using System.Collections.Concurrent;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.Evaluating;

/// <summary>A preview that was asked for.</summary>
/// <param name="Id">Opaque.</param>
/// <param name="SpaceId">The space.</param>
/// <param name="Definition">What was asked.</param>
/// <param name="At">When; milliseconds since 1970.</param>
/// <param name="Answer">Completes with the preview.</param>
internal sealed record PendingPreview(string Id, string SpaceId, Definition Definition, long At, Task<AudiencePreviewAnswer> Answer);

/// <summary>Runs previews beside the requests that ask for them, and keeps their answers for a while.</summary>
internal sealed class AudiencePreviewDesk(AudiencePreview previews, TimeProvider clock) : IDisposable
{
    /// <summary>Most previews that are kept; the oldest goes first.</summary>
    public const int KeptMax = 100;

    private readonly ConcurrentDictionary<string, PendingPreview> _previews = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Begins one; null when too many are under way.</summary>
    public PendingPreview? Begin(Definition definition, WorkspaceSnapshot workspace, Space space, IReadOnlyList<string> filterByExternalIds)
    {
        foreach (var old in _previews.Values.OrderBy(each => each.At).Take(Math.Max(0, _previews.Count - KeptMax + 1)))
        {
            if (!old.Answer.IsCompleted) return null;
            _previews.TryRemove(old.Id, out _);
        }

        var id = "pre_" + WorkspaceSecrets.NewId();
        var answer = Task.Run(() => previews.RunAsync(definition, workspace, space, filterByExternalIds, _stopping.Token), _stopping.Token);
        return _previews[id] = new PendingPreview(id, space.Id, definition, clock.GetUtcNow().ToUnixTimeMilliseconds(), answer);
    }

    public PendingPreview? Find(string spaceId, string id) => _previews.TryGetValue(id, out var preview) && preview.SpaceId == spaceId ? preview : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }
}
