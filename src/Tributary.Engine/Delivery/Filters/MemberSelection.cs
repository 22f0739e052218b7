using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Delivery.Mapping;

namespace Tributary.Engine.Delivery.Filters;

/// <summary>Which members of a message stay, as a tree of their paths. What stays is copied as it stands.</summary>
internal sealed class MemberSelection
{
    private readonly Dictionary<string, MemberSelection> _inner = new(StringComparer.Ordinal);
    private readonly HashSet<string> _named = new(StringComparer.Ordinal);
    private readonly bool _keepsNamed;
    private bool _isSelecting;

    private MemberSelection(bool keepsNamed) => _keepsNamed = keepsNamed;

    public static MemberSelection Of(FilterAction action)
    {
        var root = new MemberSelection(action.Kind == FilterActionKind.AllowProperties);
        foreach (var (path, names) in action.Fields)
        {
            var at = root;
            foreach (var step in path.Length == 0 ? [] : path.Split('.'))
            {
                if (!at._inner.TryGetValue(step, out var next)) at._inner[step] = next = new MemberSelection(root._keepsNamed);
                at = next;
            }

            at._isSelecting = true;
            at._named.UnionWith(names);
        }

        return root;
    }

    /// <summary>Writes what stays.</summary>
    /// <returns>The message itself when everything stays.</returns>
    public ReadOnlyMemory<byte> Apply(EventDocument message)
    {
        var writer = new ScriptWriter(int.MaxValue);
        return Write(message, 0, writer) ? writer.Written : message.Json;
    }

    private bool Write(EventDocument message, int index, ScriptWriter writer)
    {
        var place = message.At(index);
        var isChanged = false;
        var isFirst = true;
        switch (place.Kind)
        {
            case ScriptKind.Array:
                writer.Raw((byte)'[');
                for (var at = index + 1; at < place.Next; at = message.At(at).Next)
                {
                    if (!isFirst) writer.Raw((byte)',');
                    isFirst = false;
                    isChanged |= Write(message, at, writer);
                }

                writer.Raw((byte)']');
                return isChanged;
            case ScriptKind.Object:
                writer.Raw((byte)'{');
                for (var at = index + 1; at < place.Next; at = message.At(at + 1).Next)
                {
                    var name = message.Text(at);
                    if (_isSelecting && _named.Contains(name) != _keepsNamed)
                    {
                        isChanged = true;
                        continue;
                    }

                    if (!isFirst) writer.Raw((byte)',');
                    isFirst = false;
                    writer.Raw(message.Raw(at));
                    writer.Raw((byte)':');
                    if (_inner.TryGetValue(name, out var inner)) isChanged |= inner.Write(message, at + 1, writer);
                    else writer.Raw(message.Raw(at + 1));
                }

                writer.Raw((byte)'}');
                return isChanged;
            default:
                writer.Raw(message.Raw(index));
                return false;
        }
    }
}
