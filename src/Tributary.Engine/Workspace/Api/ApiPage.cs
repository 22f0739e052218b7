using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Tributary.Engine.Workspace;

/// <summary>
/// Which part of a list a client asks for: <c>pagination[count]</c> and <c>pagination[cursor]</c>, also written with a dot or without <c>pagination</c>. A cursor
/// names the last item before the page, so nothing is skipped or repeated when the list changes between two calls.
/// </summary>
public readonly record struct ApiPage
{
    /// <summary>Most items of one page, and how many there are when the client does not say.</summary>
    public const int CountMax = 200;

    private readonly int _count;
    private readonly long _after;

    private ApiPage(int count, long after) => (_count, _after) = (count, after);

    /// <summary>Reads the query. A count above <see cref="CountMax"/> gets that many.</summary>
    public static (ApiPage Page, WorkspaceRefusal? Refusal) Read(HttpRequest request)
    {
        var count = CountMax;
        if (Value(request, "count") is { } asked && !(int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0))
            return (default, WorkspaceRefusal.Invalid("pagination.count", $"pagination.count must be a whole number from 1 to {CountMax}."));
        var after = long.MinValue;
        if (Value(request, "cursor") is { } cursor && !TryParse(cursor, out after))
            return (default, WorkspaceRefusal.Invalid("pagination.cursor", "pagination.cursor must be one that an earlier answer gave."));
        return (new ApiPage(Math.Min(count, CountMax), after), null);
    }

    /// <summary>Cuts the page out of a list and adds both to an answer: the items under <paramref name="name"/>, and <c>pagination</c>.</summary>
    /// <param name="name">The field of the list.</param>
    /// <param name="items">The whole list, in ascending order of <paramref name="key"/>.</param>
    /// <param name="key">Unique and constant for each item.</param>
    /// <param name="write">An item as JSON.</param>
    public JsonObject Cut<T>(string name, IReadOnlyList<T> items, Func<T, long> key, Func<T, JsonNode> write)
    {
        var (count, after) = (_count, _after);
        var first = items.TakeWhile(item => key(item) <= after).Count();
        var page = items.Skip(first).Take(count).ToList();
        var pagination = new JsonObject { ["current"] = Write(after), ["totalEntries"] = items.Count };
        if (first + page.Count < items.Count) pagination["next"] = Write(key(page[^1]));
        if (first > 0) pagination["previous"] = Write(first > count ? key(items[first - count - 1]) : long.MinValue);
        return new JsonObject { [name] = new JsonArray([.. page.Select(write)]), ["pagination"] = pagination };
    }

    private static string? Value(HttpRequest request, string field)
    {
        foreach (var name in (ReadOnlySpan<string>)[$"pagination[{field}]", $"pagination.{field}", field])
        {
            if (request.Query.TryGetValue(name, out var values) && values.ToString() is { Length: > 0 } value) return value;
        }

        return null;
    }

    private static string Write(long after) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(after.ToString(CultureInfo.InvariantCulture)));

    private static bool TryParse(string cursor, out long after)
    {
        after = 0;
        Span<byte> bytes = stackalloc byte[32];
        return cursor.Length <= 40
            && Base64Url.IsValid(cursor)
            && Base64Url.TryDecodeFromChars(cursor, bytes, out var length)
            && long.TryParse(bytes[..length], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out after);
    }
}
