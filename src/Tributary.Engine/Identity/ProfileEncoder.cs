using Tributary.Model;

namespace Tributary.Engine.Identity;

/// <summary>
/// Writes profiles in the layout of <see cref="ProfileCodec"/>. The bytes depend on the state alone, not on the order in which it came about. Reused from
/// profile to profile, by one thread.
/// </summary>
internal sealed class ProfileEncoder
{
    private readonly Places<string> _messages = new(StringComparer.Ordinal);
    private readonly Places<Stamp> _stamps = new(StampIdentity.Instance);
    private readonly Places<Node> _nodes = new(ReferenceEqualityComparer.Instance);
    private readonly List<KeyValuePair<string, Trait>> _traits = [];
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
        _writer.WriteUnsigned((ulong)_messages.Items.Count);
        foreach (var message in _messages.Items) _writer.WriteString(message);
        _writer.WriteUnsigned((ulong)_stamps.Items.Count);
        foreach (var stamp in _stamps.Items)
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
            for (var i = 0; i < results.Count; i++)
            {
                ref readonly var result = ref results.Results[i];
                _writer.WriteUnsigned(results.Numbers[i]);
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
        _stamps.Clear();
        _nodes.Clear();
        foreach (var node in profile.Nodes)
        {
            _nodes.Add(node);
            _messages.Add(node.FirstMessageId);
            Collect(node.Fragment);
        }

        foreach (var link in profile.Links) _messages.Add(link.Evidence.MessageId);
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
        if (node.Vetoes is not null)
            foreach (var veto in node.Vetoes) _writer.WriteBlob(veto);
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
        foreach (var (stream, fold) in fragment.Folds.Entries)
        {
            _writer.WriteUnsigned(stream);
            _writer.WriteByte(fold.Code);
            var blob = _writer.BeginBlob();
            fold.Write(_writer);
            _writer.EndBlob(blob);
        }
    }

    private void EncodeLink(Link link)
    {
        _writer.WriteUnsigned((ulong)_nodes.Of(link.A));
        _writer.WriteUnsigned((ulong)_nodes.Of(link.B));
        _writer.WriteSigned(link.Evidence.Timestamp);
        WriteMessage(link.Evidence.MessageId);
        _writer.WriteUnsigned((ulong)link.Evidence.Offset.Value);
        _writer.WriteUnsigned(link.Evidence.Source);
        _writer.WriteByte((byte)link.Evidence.Type);
        _writer.WriteUnsigned((ulong)link.Count);
    }

    private void WriteStamp(Stamp stamp) => _writer.WriteUnsigned((ulong)_stamps.Of(stamp));

    private void WriteMessage(string messageId) => _writer.WriteUnsigned((ulong)_messages.Of(messageId));

    private void Add(Stamp stamp)
    {
        if (_stamps.Add(stamp)) _messages.Add(stamp.MessageId);
    }

    private List<KeyValuePair<string, Trait>> Ordered(Fragment fragment)
    {
        _traits.Clear();
        foreach (var trait in fragment.Traits) _traits.Add(trait);
        _traits.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return _traits;
    }

    private static IEnumerable<KeyValuePair<byte[], Stamp>> Ordered(Dictionary<byte[], Stamp> accounts) => accounts.OrderBy(pair => pair.Key, ByteOrder.Instance);

    /// <summary>
    /// Different items in the order in which they came. Most profiles have a handful of each, which are looked through; only of many it is kept where each one stands.
    /// </summary>
    private sealed class Places<T>(IEqualityComparer<T> comparer) where T : class
    {
        private const int FewMax = 16;
        private readonly Dictionary<T, int> _places = new(comparer);

        public List<T> Items { get; } = [];

        public void Clear()
        {
            Items.Clear();
            _places.Clear();
        }

        /// <summary>Adds an item; false when it is there.</summary>
        public bool Add(T item)
        {
            if (Find(item) >= 0) return false;
            if (Items.Count >= FewMax)
            {
                for (var at = _places.Count; at < Items.Count; at++) _places.Add(Items[at], at);
                _places.Add(item, Items.Count);
            }

            Items.Add(item);
            return true;
        }

        /// <summary>The place of an item that is there.</summary>
        public int Of(T item)
        {
            var place = Find(item);
            Invariant.Holds(place >= 0);
            return place;
        }

        private int Find(T item)
        {
            if (Items.Count > FewMax) return _places.GetValueOrDefault(item, -1);
            // It mostly is the very object.
            for (var at = 0; at < Items.Count; at++)
                if (ReferenceEquals(Items[at], item)) return at;
            for (var at = 0; at < Items.Count; at++)
                if (comparer.Equals(Items[at], item)) return at;
            return -1;
        }
    }

    /// <summary>Two stamps are one when they name the same event.</summary>
    private sealed class StampIdentity : IEqualityComparer<Stamp>
    {
        public static StampIdentity Instance { get; } = new();

        public bool Equals(Stamp? x, Stamp? y) => ReferenceEquals(x, y) || x!.CompareTo(y) == 0;

        public int GetHashCode(Stamp obj) => HashCode.Combine(obj.Timestamp, obj.MessageId.Length);
    }
}
