using System.Buffers.Binary;
using System.Text.Json;
using Tributary.Engine.Identity;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.SqlTraits;

/// <summary>How far a SQL trait is.</summary>
internal sealed record SqlTraitState
{
    public static SqlTraitState Empty { get; } = new();

    /// <summary>The number of its last run; 0 before the first.</summary>
    public long LastRun { get; init; }

    /// <summary>When that began; milliseconds since 1970.</summary>
    public long LastStartedAt { get; init; }

    /// <summary>The time of its events; see <see cref="SqlTraitRunRecord.EventsAt"/>.</summary>
    public long LastEventsAt { get; init; }

    /// <summary>The version that it was of.</summary>
    public uint LastVersion { get; init; }

    /// <summary>The last run has not ended, or the server ended in the middle of it.</summary>
    public bool IsRunning { get; init; }

    /// <summary>The lists of traits that were sent, the remembered rows say which one.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Shapes { get; init; } = [];
}

/// <summary>A row as it was last sent.</summary>
/// <param name="Kind">What its id is.</param>
/// <param name="Id">The id in UTF-8.</param>
/// <param name="Hash">Of its traits.</param>
/// <param name="Shape">Which traits they were, see <see cref="SqlTraitState.Shapes"/>.</param>
internal readonly record struct KnownRow(SqlTraitId Kind, byte[] Id, UInt128 Hash, ushort Shape);

/// <summary>
/// What is kept of SQL traits in <see cref="Table.SqlTraits"/>, outside of what a replay makes again. Keys, numbers big-endian, each begins with <c>space:2 number:4</c>:
/// <code>
/// 0:u8              how far it is, JSON
/// 1:u8 run:i64      a run, JSON
/// 2:u8              what is being sent: count { message }*
/// 3:u8 kind:u8 id   what was last sent of an id: hash:u128 shape:u16
/// 4:u8              somebody asked for a run: empty
/// </code>
/// </summary>
internal sealed class SqlTraitBook(IStateStore store)
{
    /// <summary>How many runs are remembered.</summary>
    public const int RunsMax = 100;

    private const byte StateKind = 0;
    private const byte RunKind = 1;
    private const byte SendingKind = 2;
    private const byte KnownKind = 3;
    private const byte AskedKind = 4;
    private const int HeadSize = 7;

    public SqlTraitState StateOf(Space space, SqlTrait trait) =>
        store.Get(Table.SqlTraits, Key(space, trait, StateKind)) is { } json ? JsonSerializer.Deserialize<SqlTraitState>(json, WorkspaceSnapshot.Json)! : SqlTraitState.Empty;

    /// <summary>Its runs, the last one first.</summary>
    public IEnumerable<SqlTraitRunRecord> Runs(Space space, SqlTrait trait)
    {
        var prefix = Key(space, trait, RunKind);
        return store.Scan(Table.SqlTraits, prefix, StateKeys.After(prefix), backwards: true).Select(row => JsonSerializer.Deserialize<SqlTraitRunRecord>(row.Value, WorkspaceSnapshot.Json)!);
    }

    /// <summary>Asks for a run. Survives the end of the process.</summary>
    public void Ask(Space space, SqlTrait trait)
    {
        using var draft = store.Begin();
        draft.Put(Table.SqlTraits, Key(space, trait, AskedKind), []);
        draft.Commit(flush: true);
    }

    public bool IsAsked(Space space, SqlTrait trait) => store.Contains(Table.SqlTraits, Key(space, trait, AskedKind));

    /// <summary>What was last sent, by kind and id in the order of bytes, as it was when the enumeration began.</summary>
    public IEnumerable<KnownRow> Known(Space space, SqlTrait trait)
    {
        var prefix = Key(space, trait, KnownKind);
        foreach (var (key, value) in store.Scan(Table.SqlTraits, prefix, StateKeys.After(prefix)))
            yield return new KnownRow((SqlTraitId)key[HeadSize], key[(HeadSize + 1)..], BinaryPrimitives.ReadUInt128BigEndian(value), BinaryPrimitives.ReadUInt16BigEndian(value.AsSpan(16)));
    }

    /// <summary>What was being sent when the process ended; empty when nothing was.</summary>
    public IReadOnlyList<byte[]> Sending(Space space, SqlTrait trait)
    {
        if (store.Get(Table.SqlTraits, Key(space, trait, SendingKind)) is not { } bytes) return [];
        var reader = new ByteReader(bytes);
        var messages = new byte[reader.ReadCount()][];
        for (var i = 0; i < messages.Length; i++) messages[i] = reader.ReadBlob().ToArray();
        return messages;
    }

    /// <summary>All that was being sent is in the log. When this is lost in a power cut it is sent again, and counts once.</summary>
    public void Sent(Space space, SqlTrait trait)
    {
        using var draft = store.Begin();
        draft.Delete(Table.SqlTraits, Key(space, trait, SendingKind));
        draft.Commit();
    }

    public SqlTraitDraft Begin(Space space, SqlTrait trait) => new(store.Begin(), space, trait);

    /// <summary>Deletes all that is kept of SQL traits that are no longer there.</summary>
    /// <returns>True when there was something.</returns>
    public bool Forget(WorkspaceSnapshot workspace)
    {
        var found = false;
        for (byte[] from = []; store.Scan(Table.SqlTraits, from, [0xFF, 0xFF, 0xFF]).FirstOrDefault() is { Key: { } key };)
        {
            var prefix = key[..(HeadSize - 1)];
            from = StateKeys.After(prefix);
            var number = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(2));
            if (workspace.SqlTraits.Any(trait => trait.Number == number)) continue;
            using var draft = store.Begin();
            draft.DeleteRange(Table.SqlTraits, prefix, from);
            draft.Commit();
            found = true;
        }

        return found;
    }

    private static byte[] Key(Space space, SqlTrait trait, byte kind, int rest = 0)
    {
        var key = new byte[HeadSize + rest];
        BinaryPrimitives.WriteUInt16BigEndian(key, space.Number);
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(2), trait.Number);
        key[HeadSize - 1] = kind;
        return key;
    }

    /// <summary>Changes of what is kept of one SQL trait that become true together.</summary>
    internal sealed class SqlTraitDraft(IStateDraft draft, Space space, SqlTrait trait) : IDisposable
    {
        private readonly ByteWriter _writer = new();

        public void Put(SqlTraitState state) => draft.Put(Table.SqlTraits, Key(space, trait, StateKind), JsonSerializer.SerializeToUtf8Bytes(state, WorkspaceSnapshot.Json));

        /// <summary>Writes a run and forgets the one that is <see cref="RunsMax"/> before it.</summary>
        public void Put(SqlTraitRunRecord run)
        {
            draft.Put(Table.SqlTraits, KeyOf(run.Number), JsonSerializer.SerializeToUtf8Bytes(run, WorkspaceSnapshot.Json));
            if (run.Number > RunsMax) draft.Delete(Table.SqlTraits, KeyOf(run.Number - RunsMax));
        }

        public void Remember(SqlTraitId kind, byte[] id, UInt128 hash, ushort shape)
        {
            Span<byte> value = stackalloc byte[18];
            BinaryPrimitives.WriteUInt128BigEndian(value, hash);
            BinaryPrimitives.WriteUInt16BigEndian(value[16..], shape);
            draft.Put(Table.SqlTraits, KeyOf(kind, id), value);
        }

        public void Forget(KnownRow known) => draft.Delete(Table.SqlTraits, KeyOf(known.Kind, known.Id));

        public void Unask() => draft.Delete(Table.SqlTraits, Key(space, trait, AskedKind));

        /// <summary>Notes what is about to be sent.</summary>
        public void Send(IReadOnlyList<byte[]> messages)
        {
            _writer.Clear();
            _writer.WriteUnsigned((ulong)messages.Count);
            foreach (var message in messages) _writer.WriteBlob(message);
            draft.Put(Table.SqlTraits, Key(space, trait, SendingKind), _writer.Written);
        }

        /// <summary>Makes the changes true, also after a power cut.</summary>
        public void Commit() => draft.Commit(flush: true);

        public void Dispose() => draft.Dispose();

        private byte[] KeyOf(long run)
        {
            var key = Key(space, trait, RunKind, 8);
            BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(HeadSize), run);
            return key;
        }

        private byte[] KeyOf(SqlTraitId kind, byte[] id)
        {
            var key = Key(space, trait, KnownKind, 1 + id.Length);
            key[HeadSize] = (byte)kind;
            id.CopyTo(key.AsSpan(HeadSize + 1));
            return key;
        }
    }
}
