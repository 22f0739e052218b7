using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>The path of <c>@path</c>, <c>@template</c> and <c>@arrayPath</c>: names between dots, and brackets around quotes or digits.</summary>
internal sealed class MappingPath
{
    private readonly Needle[] _steps;

    private MappingPath(Needle[] steps) => _steps = steps;

    /// <summary>Reads a path; every text is one. Without a step it names the whole value.</summary>
    public static MappingPath Of(string path)
    {
        if (path is "" or ".") return new MappingPath([]);
        var steps = new List<Needle>();
        var start = 0;
        var at = 0;
        while (at < path.Length)
        {
            var length = SeparatorAt(path, at);
            if (length == 0)
            {
                at++;
                continue;
            }

            Add(steps, path[start..at]);
            at += length;
            start = at;
        }

        Add(steps, path[start..]);
        return new MappingPath([.. steps]);
    }

    /// <summary>The path of <c>@path</c>, from which the first <c>$.</c> is taken, wherever it stands.</summary>
    public static MappingPath OfDirective(string path)
    {
        var root = path.IndexOf("$.", StringComparison.Ordinal);
        return Of(root < 0 ? path : path.Remove(root, 2));
    }

    public ScriptValue Find(ScriptValue payload) => payload.Walk(_steps);

    private static int SeparatorAt(string path, int at)
    {
        switch (path[at])
        {
            case '.':
                return 1;
            case '[':
                return at + 1 < path.Length && IsQuoteOrDigit(path[at + 1]) ? 1 : 0;
            case ']' when at > 0 && IsQuoteOrDigit(path[at - 1]):
                var end = at;
                while (end < path.Length && path[end] == ']') end++;
                return end - at;
            default:
                return 0;
        }
    }

    // Whether a piece is empty is asked before its quotes are taken off: [''] is a step to the empty name.
    private static void Add(List<Needle> steps, string piece)
    {
        if (piece.Length > 0) steps.Add(new Needle(piece.Replace("'", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal)));
    }

    private static bool IsQuoteOrDigit(char character) => character is '"' or '\'' || char.IsAsciiDigit(character);
}
