using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.SqlTraits;

/// <summary>Writes the events by which the river hears of rows: an identify of a person, a group call of an account.</summary>
internal sealed class SqlTraitMessage(SqlTrait trait, SqlTraitRunRecord run)
{
    private static readonly JsonWriterOptions Options = new() { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);

    /// <summary>The message id of what a run says of one id: always the same, so that what is appended twice counts once.</summary>
    /// <remarks>The time is in it because numbers of runs begin again when the state is made anew from the log.</remarks>
    public string MessageId(SqlTraitId kind, string id)
    {
        var seed = string.Create(CultureInfo.InvariantCulture, $"{trait.Id}\n{run.Number}\n{run.EventsAt}\n{(byte)kind}\n{id}");
        return $"personas_{XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(seed)):x32}";
    }

    /// <summary>A row that changed.</summary>
    public byte[] Of(SqlTraitId kind, SqlTraitRow row) => Write(kind, row.Id, row.Traits.AsSpan(1, row.Traits.Length - 2));

    /// <summary>A row that is no longer there: all its traits are null.</summary>
    public byte[] Gone(SqlTraitId kind, string id, IEnumerable<string> traits) =>
        Write(kind, id, Encoding.UTF8.GetBytes(string.Join(',', traits.Select(name => JsonSerializer.Serialize(name, WorkspaceSnapshot.Json) + ":null"))));

    // The members of the traits come ready, without braces.
    private byte[] Write(SqlTraitId kind, string id, ReadOnlySpan<byte> members)
    {
        _buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("type", kind == SqlTraitId.GroupId ? "group" : "identify");
            json.WriteString("messageId", MessageId(kind, id));
            json.WriteString("timestamp", ApiJson.Time(run.EventsAt));
            if (kind == SqlTraitId.UserId) json.WriteString("userId", id);
            if (kind == SqlTraitId.AnonymousId) json.WriteString("anonymousId", id);
            if (kind == SqlTraitId.GroupId) json.WriteString("groupId", id);
            json.WritePropertyName("traits");
            json.WriteRawValue(Traits(kind, id, members), skipInputValidation: true);
            json.WriteStartObject("context");
            json.WriteStartObject("sql_trait");
            json.WriteString("id", trait.Id);
            json.WriteString("name", trait.Name);
            json.WriteNumber("run", run.Number);
            json.WriteString("space_id", trait.SpaceId);
            json.WriteEndObject();
            json.WriteEndObject();
            // For the space and for nobody else.
            json.WriteStartObject("integrations");
            json.WriteBoolean("All", false);
            json.WriteBoolean("Personas", true);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return _buffer.WrittenSpan.ToArray();
    }

    private static byte[] Traits(SqlTraitId kind, string id, ReadOnlySpan<byte> members)
    {
        if (kind != SqlTraitId.Email) return [(byte)'{', .. members, (byte)'}'];
        // An address is known by the trait of this name.
        var email = JsonSerializer.SerializeToUtf8Bytes(id, WorkspaceSnapshot.Json);
        return [.. "{\"email\":"u8, .. email, (byte)',', .. members, (byte)'}'];
    }
}
