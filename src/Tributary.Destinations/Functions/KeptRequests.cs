using Microsoft.Extensions.Options;
using Tributary.Engine.Storage;

namespace Tributary.Destinations.Functions;

/// <summary>Requests that wait for another attempt, on disk and flushed before they are acknowledged. Bounded per source and in bytes.</summary>
internal sealed class KeptRequests
{
    private readonly IStateStore _store;
    private readonly FunctionsOptions _options;
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, int> _counts = [];
    private long _bytes;

    public KeptRequests(IStateStore store, IOptions<FunctionsOptions> options)
    {
        (_store, _options) = (store, options.Value);
        foreach (var (key, value) in store.Scan(Table.Deliveries, [KeptRequest.Kind], [KeptRequest.Kind + 1])) Count(KeptRequest.Read(key, value), 1);
    }

    /// <summary>How many wait for a source.</summary>
    public int CountOf(uint source)
    {
        lock (_gate) return _counts.GetValueOrDefault(source);
    }

    /// <summary>Keeps one; false when there is no room.</summary>
    /// <exception cref="IOException">The store refused.</exception>
    public bool TryAdd(KeptRequest request)
    {
        lock (_gate)
        {
            if (_counts.GetValueOrDefault(request.Source) >= _options.WaitingMax || _bytes + request.Request.Length > _options.WaitingBytesMax) return false;
            Count(request, 1);
        }

        try
        {
            Write(null, request);
            return true;
        }
        catch
        {
            Count(request, -1);
            throw;
        }
    }

    /// <summary>Those that are due, the oldest first; at most <paramref name="most"/>.</summary>
    public List<KeptRequest> Due(long now, int most) =>
        [.. _store.Scan(Table.Deliveries, [KeptRequest.Kind], KeptRequest.DueBy(now)).Take(most).Select(pair => KeptRequest.Read(pair.Key, pair.Value))];

    /// <summary>Puts it off.</summary>
    public void Replace(KeptRequest old, KeptRequest next) => Write(old, next);

    /// <summary>It is done with.</summary>
    public void Remove(KeptRequest request)
    {
        Write(request, null);
        Count(request, -1);
    }

    private void Write(KeptRequest? old, KeptRequest? next)
    {
        using var draft = _store.Begin();
        if (old is not null) draft.Delete(Table.Deliveries, old.Key());
        if (next is not null) draft.Put(Table.Deliveries, next.Key(), next.Value());
        // One that was answered must not be lost with the power.
        draft.Commit(flush: next is not null);
    }

    private void Count(KeptRequest request, int change)
    {
        lock (_gate)
        {
            _counts[request.Source] = _counts.GetValueOrDefault(request.Source) + change;
            if (_counts[request.Source] == 0) _counts.Remove(request.Source);
            _bytes += change * request.Request.Length;
        }
    }
}
