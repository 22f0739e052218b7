using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CsCheck;
using Tributary.Engine.Delivery.Fql;
using Xunit;

namespace Tributary.Engine.Tests.Delivery.Fql;

/// <summary>What is read as JSON, and what is found in it, is what .NET's own reader says.</summary>
public sealed class EventDocumentTests
{
    private const string Sample =
        """{"type":"track","e\u0076ent":"a \"b\" \\ \/ \n\ud83d\ude00","":[],"properties":{"total":-0.5e+3,"zero":0,"big":12345678901234567890,"properties":null,"list":[1,[true,false],{}, "x" ]},"__proto__":{"a":1},"long name of a member":1,"long name of a mem":2,"ü":"é"}""";

    private static readonly string[] Pieces =
        ["{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"a\\n\"", "\\", "\\u00e9", "\\uD8", "0", "-", "1", "01", "1.5", ".", "e", "E+", "1e5", "true", "tru", "null", "false", " ", "\n", "\t", "\f", "\u0001", "\u00e9", "//", "\"sixteen bytes and more than that\"", "\ufeff", "{}", "[]", "{\"a\":1}"];

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{} {}")]
    [InlineData("[1,]")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\"}")]
    [InlineData("[,1]")]
    [InlineData("[}")]
    [InlineData("01")]
    [InlineData("-")]
    [InlineData("1.")]
    [InlineData("1e")]
    [InlineData("\"\\x\"")]
    [InlineData("\"\\u12\"")]
    [InlineData("\"a\nb\"")]
    [InlineData("nul")]
    public void What_is_no_json_is_not_read(string text) => Assert.Null(EventDocument.Read(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData(EventDocument.DepthMax, true)]
    [InlineData(EventDocument.DepthMax + 1, false)]
    public void Nesting_is_read_down_to_its_limit(int depth, bool isRead)
    {
        var text = Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth));
        Assert.Equal(isRead, EventDocument.Read(text) is not null);
        Assert.Equal(isRead, IsJson(text));
    }

    [Fact]
    public void Any_pieces_are_judged_as_by_the_general_reader() =>
        Gen.Int[0, Pieces.Length - 1].Select(at => Pieces[at]).Array[0, 12].Sample(pieces => AssertSame(Encoding.UTF8.GetBytes(string.Concat(pieces))), iter: 200_000);

    [Fact]
    public void A_damaged_event_is_judged_as_by_the_general_reader() =>
        Gen.Select(Gen.Int[0, Sample.Length - 1], Gen.Byte, Gen.Int[0, 3]).Sample((place, value, how) =>
        {
            var bytes = Encoding.UTF8.GetBytes(Sample);
            switch (how)
            {
                case 0:
                    bytes[place] = value;
                    break;
                case 1:
                    bytes = [.. bytes[..place], .. bytes[(place + 1)..]];
                    break;
                case 2:
                    bytes = [.. bytes[..place], value, .. bytes[place..]];
                    break;
                default:
                    bytes = bytes[..place];
                    break;
            }

            AssertSame(bytes);
        }, iter: 100_000);

    [Fact]
    public void Every_short_decimal_is_the_number_that_the_runtime_reads() =>
        Gen.Select(Gen.Long[-999_999_999_999_999, 999_999_999_999_999], Gen.Int[0, 14], Gen.Int[0, 15]).Sample((digits, shorter, point) =>
        {
            var text = (digits / (long)Math.Pow(10, shorter)).ToString(CultureInfo.InvariantCulture);
            var place = text.Length - point;
            if (place > 0 && place < text.Length && char.IsAsciiDigit(text[place - 1])) text = text.Insert(place, ".");
            Assert.Equal(BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)), BitConverter.DoubleToInt64Bits(ScriptNumber.Read(Encoding.UTF8.GetBytes(text))));
        }, iter: 100_000);

    [Fact]
    public void Minus_zero_keeps_its_sign() => Assert.True(double.IsNegative(ScriptNumber.Read("-0"u8)));

    private static void AssertSame(byte[] bytes)
    {
        var document = EventDocument.Read(bytes);
        if ((document is not null) != IsJson(bytes)) throw new InvalidOperationException($"Read: {document is not null}, of {Encoding.UTF8.GetString(bytes)}");
        if (document is null || !Utf8.IsValid(bytes)) return;
        using var expected = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = EventDocument.DepthMax });
        AssertSame(expected.RootElement, document.Root);
    }

    private static void AssertSame(JsonElement expected, ScriptValue found)
    {
        Assert.Equal(expected.GetRawText(), Encoding.UTF8.GetString(found.Document!.Raw(found.Index)));
        if (expected.ValueKind == JsonValueKind.Array)
        {
            Assert.Equal(expected.GetArrayLength(), found.AsList().Count);
            foreach (var (at, element) in expected.EnumerateArray().Index()) AssertSame(element, found.Get(new Needle($"{at}")));
        }
        else if (expected.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in expected.EnumerateObject())
            {
                if (NameOf(member) is { } name) AssertSame(expected.GetProperty(name), found.Walk([new Needle(name)]));
            }
        }
    }

    // A name with half a surrogate pair has no text in .NET's reader.
    private static string? NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static bool IsJson(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = EventDocument.DepthMax });
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
