using System.Text;
using System.Text.Json;
using CsCheck;
using Tributary.Engine.Log;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Ingest;

/// <summary>Whatever comes in: no exception, a clear verdict, and every event that goes on is a JSON object that later readers can read.</summary>
public sealed class DoorFuzzTests
{
    private static readonly string[] Seeds =
    [
        """{"event":"A","userId":"u","messageId":"m","timestamp":"2026-01-01T00:00:00Z","properties":{"a":[1,2.5e3,"x\u00e9\ud83d\ude00"],"b":null}}""",
        """{"batch":[{"type":"track","event":"A","anonymousId":"a","context":{"device":{"advertisingId":"x"},"consent":{"version":1,"categoryPreferences":{"x":true}}}}],"sentAt":"2026-01-01T00:00:00Z","context":{"library":{"name":"x"},"direct":true},"integrations":{"All":true}}""",
        """{"batch":[{"type":"identify","userId":5,"traits":{"n":NaN}},{"type":"alias","userId":"a","previousId":"b"},7,{"type":"page","name":"","userId":"\ud800"}],"writeKey":"k"}""",
    ];

    // Characters that mean something to the reader are drawn more often than others.
    private const string Marks = "{}[]\",:\\u0dDeE+-.9 N\t\n";

    private static readonly Gen<byte> Bytes = Gen.OneOf(Gen.Byte, Gen.Int[0, Marks.Length - 1].Select(at => (byte)Marks[at]));

    private static readonly Gen<byte[]> Mutated = Gen.Select(Gen.Int[0, Seeds.Length - 1], Gen.Select(Gen.Double[0, 1], Gen.Int[0, 4], Bytes.Array[0, 4]).Array[1, 6])
        .Select((at, edits) =>
        {
            var text = Encoding.UTF8.GetBytes(Seeds[at]).ToList();
            foreach (var (place, removed, added) in edits)
            {
                var where = (int)(place * text.Count);
                text.RemoveRange(where, Math.Min(removed, text.Count - where));
                text.InsertRange(where, added);
            }

            return text.ToArray();
        });

    [Fact]
    public void Arbitrary_bytes_get_a_verdict() => Bytes.Array[0, 200].Sample(HasVerdict, iter: 20_000);

    [Fact]
    public void Mutated_messages_get_a_verdict() => Mutated.Sample(HasVerdict, iter: 40_000);

    private static void HasVerdict(byte[] body)
    {
        foreach (var type in (EventType[])[default, EventType.Track, EventType.Page, EventType.Group])
        {
            var door = new Door { Source = Door.Website, PeerAddress = "1.2.3.4" };
            IReadOnlyList<Door.Entry> entries;
            try
            {
                entries = door.Take([.. body], type);
            }
            catch (InvalidDataException)
            {
                continue;
            }

            Assert.NotEmpty(entries);
            foreach (var entry in entries.Where(entry => entry.Kind == ReceivedKind.Event)) Reads(entry);
        }
    }

    private static void Reads(Door.Entry entry)
    {
        using var document = JsonDocument.Parse(entry.Payload);
        var names = document.RootElement.EnumerateObject().Select(member => member.Name).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.Equal(entry.MessageId, document.RootElement.GetProperty("messageId").GetString());
        Assert.NotEmpty(entry.MessageId);
        Assert.Equal(entry.Type.Name(), document.RootElement.GetProperty("type").GetString());
        Assert.True(document.RootElement.GetProperty("timestamp").TryGetDateTimeOffset(out var at));
        Assert.Equal(entry.Timestamp, at.ToUnixTimeMilliseconds());
        ReadAll(document.RootElement);
    }

    private static void ReadAll(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    ReadAll(member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) ReadAll(item);
                break;
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Number:
                Assert.True(double.IsFinite(element.GetDouble()));
                break;
            default:
                break;
        }
    }
}
