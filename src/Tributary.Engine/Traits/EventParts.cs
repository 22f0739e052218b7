using System.Text;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Traits;

/// <summary>What definitions can read of an event.</summary>
/// <param name="Name">Its name in UTF-8: of a track call the event's, of page and screen calls <c>Page Viewed</c> and <c>Screen Viewed</c>.</param>
/// <param name="At">When it happened.</param>
/// <param name="SourceId">The id of its source.</param>
/// <param name="Properties">The JSON of its properties; empty when there are none.</param>
/// <param name="Context">The JSON of its context; empty when there is none.</param>
/// <param name="PageName">Of page and screen calls, the name of the page, unescaped UTF-8.</param>
internal readonly record struct EventParts(
    ReadOnlyMemory<byte> Name, Instant At, string SourceId, ReadOnlyMemory<byte> Properties, ReadOnlyMemory<byte> Context, ReadOnlyMemory<byte> PageName)
{
    /// <summary>What a page call is called in definitions.</summary>
    public static ReadOnlyMemory<byte> PageViewed { get; } = "Page Viewed"u8.ToArray();

    /// <summary>What a screen call is called in definitions.</summary>
    public static ReadOnlyMemory<byte> ScreenViewed { get; } = "Screen Viewed"u8.ToArray();

    /// <summary>Reads a value.</summary>
    /// <param name="scalar">Which.</param>
    /// <param name="many">A list to work with.</param>
    public Values Read(EventScalar scalar, List<QueryValue> many)
    {
        if (scalar.Part == EventPart.Source) return new Values(QueryValue.Of(SourceId));
        var json = scalar.Part == EventPart.Properties ? Properties : Context;
        if (!scalar.Path.IsMany)
        {
            var value = ValueReader.One(json.Span, scalar.Path);
            // Segment gives the name of a page as a property of its own.
            if (value.IsNothing && scalar.Part == EventPart.Properties && !PageName.IsEmpty && scalar.Path.Steps is { Count: 1 } steps
                && steps[0] == (Name.Span.SequenceEqual(PageViewed.Span) ? "page_name" : "screen_name"))
                return new Values(QueryValue.Of(Encoding.UTF8.GetString(PageName.Span)));
            return new Values(value);
        }

        many.Clear();
        ValueReader.Many(json.Span, scalar.Path, many);
        return Values.Of(many);
    }
}
