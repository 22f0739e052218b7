using Tributary.Model;

namespace Tributary.Engine.Identity;

/// <summary>
/// Writes profiles in the layout of <see cref="ProfileCodec"/>. The bytes depend on the state alone, not on the order in which it came about. Reused from
/// profile to profile, by one thread.
/// </summary>
internal sealed class ProfileEncoder
{
    private readonly Dictionary<string, int> _messages = new(StringComparer.Ordinal);
    private readonly Dictionary<Stamp, int> _stamps = new(StampIdentity.Instance);
    private readonly Dictionary<Node, int> _nodes = [];
    private readonly List<Stamp> _stampList = [];
    private readonly List<string> _messageList = [];
    private readonly List<KeyValuePair<string, Trait>> _traits = [];
    private readonly List<KeyValuePair<FoldKey, StoredFold>> _folds = [];
    private readonly ByteWriter _scratch = new();
    private ByteWriter _writer = null!;

    /// <summary>Writes a profile behind what was written before.</summary>
    public void Encode(Profile profile, ByteWriter writer)
    {
        _writer = writer;
        Begin(profile);
        _writer.WriteByte(ProfileCodec.Version);
        profile.Id.Write(_writer.Reserve(ProfileId.Size));
        _writer.WriteUInt16(profile.Space);
        _writer.WriteByte((byte)profile.Collection);
        _writer.WriteSigned(profile.CreatedAt);
        _writer.WriteUnsigned((ulong)_messageList.Count);
        foreach (var message in _messageList) _writer.WriteString(message);
        _writer.WriteUnsigned((ulong)_stampList.Count);
        foreach (var stamp in _stampList)
        {
            _writer.WriteSigned(stamp.Timestamp);
            _writer.WriteSigned(stamp.ReceivedAt - stamp.Timestamp);
            _writer.WriteUnsigned(stamp.Source);
            WriteMessage(stamp.MessageId);
        }

        _writer.WriteUnsigned((ulong)profile.Nodes.Count);
        foreach (var node in profile.Nodes) EncodeNode(node, profile);
        _writer.WriteUnsigned((ulong)profile.Links.Count);
        foreach (var link in profile.Links) EncodeLink(link);
        EncodeResults(profile);
    }

    private void EncodeResults(Profile profile)
    {
        _writer.WriteUnsigned((ulong)(profile.Results?.Count ?? 0));
        if (profile.Results is { } results)
        {
            foreach (var (computation, result) in results)
            {
                _writer.WriteUnsigned(computation);
                _writer.WriteUnsigned(result.Version);
                _writer.WriteByte(result.Json is null ? (byte)0 : (byte)1);
                if (result.Json is not null) _writer.WriteBlob(result.Json);
                _writer.WriteSigned(result.ChangedAt);
                WriteTime(result.DueAt);
            }
        }

        WriteTime(profile.TimerAt);
    }

    private void WriteTime(long time) => _writer.WriteUnsigned(time == long.MaxValue ? 0 : (ulong)time + 1);

    private void Begin(Profile profile)
    {
        _messages.Clear();
        _messageList.Clear();
        _stamps.Clear();
        _stampList.Clear();
        _nodes.Clear();
        foreach (var node in profile.Nodes)
        {
            _nodes.Add(node, _nodes.Count);
            Add(node.FirstMessageId);
            Collect(node.Fragment);
        }

        foreach (var link in profile.Links) Add(link.Evidence.MessageId);
    }

    private void Collect(Fragment fragment)
    {
        if (fragment.First is not null) Add(fragment.First);
        if (fragment.Last is not null) Add(fragment.Last);
        if (fragment.Traits.Count > 0)
            foreach (var (_, trait) in Ordered(fragment)) Add(trait.Stamp);
        if (fragment.Accounts is not null)
            foreach (var (_, stamp) in Ordered(fragment.Accounts)) Add(stamp);
    }

    private void EncodeNode(Node node, Profile profile)
    {
        var fragment = node.Fragment;
        _writer.WriteUnsigned(node.Number);
        _writer.WriteBlob(node.Key.AsSpan(IdentifierKey.HeadSize));
        _writer.WriteByte(node.Part == profile.Id ? (byte)0 : (byte)1);
        if (node.Part != profile.Id) node.Part.Write(_writer.Reserve(ProfileId.Size));
        _writer.WriteSigned(node.CreatedAt);
        _writer.WriteUnsigned(node.Source);
        WriteMessage(node.FirstMessageId);
        _writer.WriteUnsigned((ulong)(node.Vetoes?.Count ?? 0));
        foreach (var veto in node.Vetoes ?? []) _writer.WriteBlob(veto);
        _writer.WriteUnsigned((ulong)fragment.EventCount);
        if (fragment.EventCount > 0)
        {
            WriteStamp(fragment.First!);
            WriteStamp(fragment.Last!);
        }

        _writer.WriteUnsigned((ulong)fragment.Traits.Count);
        if (fragment.Traits.Count > 0)
        {
            foreach (var (name, trait) in Ordered(fragment))
            {
                _writer.WriteString(name);
                _writer.WriteByte(trait.Json is null ? (byte)0 : (byte)1);
                if (trait.Json is not null) _writer.WriteBlob(trait.Json);
                WriteStamp(trait.Stamp);
            }
        }

        _writer.WriteUnsigned((ulong)(fragment.Accounts?.Count ?? 0));
        if (fragment.Accounts is not null)
        {
            foreach (var (key, stamp) in Ordered(fragment.Accounts))
            {
                _writer.WriteBlob(key);
                WriteStamp(stamp);
            }
        }

        EncodeFolds(fragment);
    }

    private void EncodeFolds(Fragment fragment)
    {
        _writer.WriteUnsigned((ulong)(fragment.Folds?.Count ?? 0));
        if (fragment.Folds is null) return;
        _folds.Clear();
        foreach (var fold in fragment.Folds) _folds.Add(fold);
        _folds.Sort(static (a, b) => a.Key.CompareTo(b.Key));
        foreach (var (key, fold) in _folds)
        {
            _writer.WriteUnsigned(key.Stream);
            _writer.WriteByte(fold.Code);
            fold.Write(_writer, _scratch);
        }
    }

    private void EncodeLink(Link link)
    {
        _writer.WriteUnsigned((ulong)_nodes[link.A]);
        _writer.WriteUnsigned((ulong)_nodes[link.B]);
        _writer.WriteSigned(link.Evidence.Timestamp);
        WriteMessage(link.Evidence.MessageId);
        _writer.WriteUnsigned((ulong)link.Evidence.Offset.Value);
        _writer.WriteUnsigned(link.Evidence.Source);
        _writer.WriteByte((byte)link.Evidence.Type);
        _writer.WriteUnsigned((ulong)link.Count);
    }

    private void WriteStamp(Stamp stamp) => _writer.WriteUnsigned((ulong)_stamps[stamp]);

    private void WriteMessage(string messageId) => _writer.WriteUnsigned((ulong)_messages[messageId]);

    private void Add(Stamp stamp)
    {
        if (!_stamps.TryAdd(stamp, _stampList.Count)) return;
        _stampList.Add(stamp);
        Add(stamp.MessageId);
    }

    private void Add(string messageId)
    {
        if (_messages.TryAdd(messageId, _messageList.Count)) _messageList.Add(messageId);
    }

    private List<KeyValuePair<string, Trait>> Ordered(Fragment fragment)
    {
        _traits.Clear();
        foreach (var trait in fragment.Traits) _traits.Add(trait);
        _traits.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return _traits;
    }

    private static IEnumerable<KeyValuePair<byte[], Stamp>> Ordered(Dictionary<byte[], Stamp> accounts) => accounts.OrderBy(pair => pair.Key, ByteOrder.Instance);

    /// <summary>Two stamps are one when they name the same event.</summary>
    private sealed class StampIdentity : IEqualityComparer<Stamp>
    {
        public static StampIdentity Instance { get; } = new();

        public bool Equals(Stamp? x, Stamp? y) => ReferenceEquals(x, y) || x!.CompareTo(y) == 0;

        public int GetHashCode(Stamp obj) => HashCode.Combine(obj.Timestamp, obj.MessageId.Length);
    }
}
