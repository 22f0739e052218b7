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
    private readonly List<Timer> _due = [];
    private Dictionary<Timer, bool> _changes = [];
    private Dictionary<Timer, bool> _writing = [];

    // There is no timer before it. The store takes long to find the first of a table whose beginning is deleted all the time, so it is told where to look.
    private long _from;

    /// <summary>Sets the timer of a profile, in place of the one it has.</summary>
    public void Set(Profile profile, long time)
    {
        if (profile.TimerAt == time) return;
        if (profile.TimerAt != long.MaxValue) _changes[new Timer(profile.TimerAt, profile.Space, profile.Id)] = false;
        if (time != long.MaxValue) _changes[new Timer(time, profile.Space, profile.Id)] = true;
        _from = Math.Min(_from, time);
        profile.TimerAt = time;
    }

    /// <summary>Takes out timers that are due, the earliest first, at most so many.</summary>
    public List<(ushort Space, ProfileId Profile)> Take(long now, int max)
    {
        _due.Clear();
        foreach (var (key, _) in store.Scan(Table.Timers, StateKeys.Timer(_from, 0, default), StateKeys.Timer(now + 1, 0, default)))
        {
            var timer = Timer.Of(key);
            if (!(_changes.TryGetValue(timer, out var isSet) || _writing.TryGetValue(timer, out isSet)) || isSet) _due.Add(timer);
            if (_due.Count == max) break;
        }

        foreach (var (timer, isSet) in _writing)
            if (isSet && timer.At <= now && (!_changes.TryGetValue(timer, out var still) || still)) _due.Add(timer);
        foreach (var (timer, isSet) in _changes)
            if (isSet && timer.At <= now) _due.Add(timer);
        _due.Sort();
        var due = new List<(ushort, ProfileId)>(Math.Min(_due.Count, max));
        var last = default(Timer);
        foreach (var timer in _due)
        {
            // One that is being written may be in the store by now.
            if (due.Count > 0 && timer == last) continue;
            if (due.Count == max) break;
            _changes[last = timer] = false;
            due.Add((timer.Space, timer.Profile));
        }

        _from = due.Count == max ? last.At : now + 1;
        return due;
    }

    /// <summary>Writes what changed, in the order of keys, which the store takes much faster than random ones.</summary>
    public void Write(IStateDraft draft)
    {
        foreach (var (timer, isSet) in _changes.OrderBy(pair => pair.Key))
        {
            if (isSet) draft.Put(Table.Timers, timer.Key, default);
            else draft.Delete(Table.Timers, timer.Key);
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
        _from = 0;
    }

    private readonly record struct Timer(long At, ushort Space, ProfileId Profile) : IComparable<Timer>
    {
        public byte[] Key => StateKeys.Timer(At, Space, Profile);

        public static Timer Of(byte[] key) => new(BinaryPrimitives.ReadInt64BigEndian(key), BinaryPrimitives.ReadUInt16BigEndian(key.AsSpan(8)), ProfileId.Read(key.AsSpan(10)));

        public int CompareTo(Timer other)
        {
            var order = At.CompareTo(other.At);
            if (order == 0) order = Space.CompareTo(other.Space);
            return order != 0 ? order : Profile.CompareTo(other.Profile);
        }
    }
}
