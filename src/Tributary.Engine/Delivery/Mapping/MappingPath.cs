using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>The path of <c>@path</c>, <c>@template</c> and <c>@arrayPath</c>: names between dots, and brackets around quotes or digits.</summary>
internal sealed class MappingPath
{
    private readonly Needle[] _steps;
    private readonly int _part;

    private MappingPath(Needle[] steps) => (_steps, _part) = (steps, steps.Length > 1 ? MappingRun.PartOf(steps[0].Text) : -1);

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

    /// <summary>What the path leads to. The large parts of an event, in which most paths lie, are looked for once per application.</summary>
    public ScriptValue Find(MappingRun run, ScriptValue payload)
    {
        if (_part < 0 || payload.Document is not { } document || payload.Index != 0 || payload.Kind != ScriptKind.Object) return payload.Walk(_steps);
        var part = run.FindPart(_part, document, _steps[0]);
        return part < 0 ? default : document.Walk(part, _steps.AsSpan(1));
    }

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
