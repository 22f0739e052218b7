namespace Tributary.Engine.Storage;

/// <summary>
/// Where state lives: ordered tables of bytes, written in atomic drafts. One of the two seams that change when one machine is not enough:
/// RocksDB here, PostgreSQL there.
/// </summary>
public interface IStateStore : IDisposable
{
    /// <summary>The value of a key, or null.</summary>
    /// <exception cref="IOException">The store could not be read.</exception>
    byte[]? Get(Table table, ReadOnlySpan<byte> key);

    /// <summary>True when the key is there.</summary>
    /// <exception cref="IOException">The store could not be read.</exception>
    bool Contains(Table table, ReadOnlySpan<byte> key);

    /// <summary>
    /// Keys from <paramref name="from"/> (inclusive) to <paramref name="to"/> (exclusive) with their values, in order or backwards, as they were when the
    /// enumeration began.
    /// </summary>
    /// <exception cref="IOException">The store could not be read; what was enumerated before is right.</exception>
    IEnumerable<KeyValuePair<byte[], byte[]>> Scan(Table table, byte[] from, byte[] to, bool backwards = false);

    /// <summary>Begins a draft: writes that become visible together, or never.</summary>
    IStateDraft Begin();
}

/// <summary>Writes that become visible together. Disposing without <see cref="Commit"/> abandons them.</summary>
public interface IStateDraft : IDisposable
{
    void Put(Table table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    void Delete(Table table, ReadOnlySpan<byte> key);

    /// <summary>Deletes keys from <paramref name="from"/> (inclusive) to <paramref name="to"/> (exclusive).</summary>
    void DeleteRange(Table table, byte[] from, byte[] to);

    /// <summary>Makes all writes visible at once. They survive the end of the process; after a power cut the newest may be missing, never a part of one draft.</summary>
    /// <param name="flush">Waits until they survive a power cut as well.</param>
    /// <exception cref="IOException">The store refused; nothing was written.</exception>
    void Commit(bool flush = false);
}

/// <summary>The tables of the state store. Keys and values are documented in docs/internals/state-store.md.</summary>
public enum Table
{
    /// <summary>Identifier → profile.</summary>
    Identifiers,

    /// <summary>Profile id → the whole profile: identifiers, links, fragments.</summary>
    Profiles,

    /// <summary>Retired profile id → the id that replaced it.</summary>
    Retired,

    /// <summary>(fragment, time) → event-log offset.</summary>
    Timeline,

    /// <summary>(account, user): who belongs to an account.</summary>
    Members,

    /// <summary>(generation, message id, source) → where the event is; drops repeats and finds passports.</summary>
    Dedup,

    /// <summary>Discarded messages by source and offset.</summary>
    Discards,

    /// <summary>Records that made a stage throw.</summary>
    Quarantine,

    /// <summary>Exact counts per source, altogether and over time.</summary>
    Counters,

    /// <summary>Resources as of the processed offset.</summary>
    Workspace,

    /// <summary>Results of commands.</summary>
    Commands,

    /// <summary>What went against a rule of identity: demotions, blocked values, caps.</summary>
    Violations,

    /// <summary>Positions of readers of the event log; written by Delivery.</summary>
    Cursors,

    /// <summary>Deliveries that wait for a retry; written by Delivery.</summary>
    Deliveries,

    /// <summary>What SQL traits sent, what they are sending and how their runs went; written by the lake.</summary>
    SqlTraits,

    /// <summary>How far each audience and computed trait is: which definition answers, what is being filled in.</summary>
    Computations,

    /// <summary>(audience, profile): who is in.</summary>
    AudienceMembers,

    /// <summary>(audience, hour): how many were in.</summary>
    AudienceSizes,

    /// <summary>(time, profile): when results change by themselves.</summary>
    Timers,

    /// <summary>The processed offset, the event log's end, format versions.</summary>
    Meta,
}
