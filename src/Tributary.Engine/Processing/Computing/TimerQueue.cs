using System.Buffers.Binary;
using Tributary.Engine.Identity;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Processing.Computing;

/// <summary>
/// When profiles are to be asked again because time alone changes a result. One timer a profile, at its earliest time. What the store does not hold yet is kept
/// beside it, so that commits make no difference.
/// </summary>
internal sealed class TimerQueue(IStateStore store)
{
    private SortedDictionary<byte[], bool> _changes = new(ByteOrder.Instance);
    private SortedDictionary<byte[], bool> _writing = new(ByteOrder.Instance);

    /// <summary>Sets the timer of a profile, in place of the one it has.</summary>
    public void Set(Profile profile, long time)
    {
        if (profile.TimerAt == time) return;
        if (profile.TimerAt != long.MaxValue) _changes[StateKeys.Timer(profile.TimerAt, profile.Space, profile.Id)] = false;
        if (time != long.MaxValue) _changes[StateKeys.Timer(time, profile.Space, profile.Id)] = true;
        profile.TimerAt = time;
    }

    /// <summary>Takes out timers that are due, the earliest first, at most so many.</summary>
    public List<(ushort Space, ProfileId Profile)> Take(long now, int max)
    {
        var end = StateKeys.Timer(now + 1, 0, default);
        var keys = new SortedSet<byte[]>(ByteOrder.Instance);
        foreach (var (key, _) in store.Scan(Table.Timers, new byte[StateKeys.TimerSize], end))
        {
            if (!(_changes.TryGetValue(key, out var isSet) || _writing.TryGetValue(key, out isSet)) || isSet) keys.Add(key);
            if (keys.Count == max) break;
        }

        foreach (var pending in new[] { _writing, _changes })
        {
            foreach (var (key, isSet) in pending)
            {
                if (ByteOrder.Instance.Compare(key, end) >= 0) break;
                if (isSet && (pending == _changes || !_changes.TryGetValue(key, out var still) || still)) keys.Add(key);
            }
        }

        var due = new List<(ushort, ProfileId)>();
        foreach (var key in keys.Take(max))
        {
            _changes[key] = false;
            due.Add((BinaryPrimitives.ReadUInt16BigEndian(key.AsSpan(8)), ProfileId.Read(key.AsSpan(10))));
        }

        return due;
    }

    /// <summary>Writes what changed.</summary>
    public void Write(IStateDraft draft)
    {
        foreach (var (key, isSet) in _changes)
        {
            if (isSet) draft.Put(Table.Timers, key, default);
            else draft.Delete(Table.Timers, key);
        }

        (_changes, _writing) = (_writing, _changes);
    }

    /// <summary>What was written is in the store.</summary>
    public void Committed() => _writing.Clear();

    /// <summary>Forgets everything that is not committed.</summary>
    public void Abandon()
    {
        _changes.Clear();
        _writing.Clear();
    }
}
