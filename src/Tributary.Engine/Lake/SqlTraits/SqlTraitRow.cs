using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Model;

namespace Tributary.Engine.Lake.SqlTraits;

/// <summary>Why a row of a SQL trait is not sent.</summary>
internal enum SqlTraitDiscard : byte
{
    /// <summary>It does not say whom it is about.</summary>
    NullId,

    /// <summary>Its id is longer than ids may be.</summary>
    IdTooLong,

    /// <summary>Other rows have the same id. None of them is sent, because nothing says which one is meant.</summary>
    DuplicateId,

    /// <summary>Its traits have 16 KiB or more.</summary>
    RecordTooLarge,
}

/// <summary>Rows that have one id.</summary>
/// <param name="Row">The first of them.</param>
/// <param name="Copies">How many they are.</param>
/// <param name="Verdict">Why they are not sent; null when the row is.</param>
internal readonly record struct SqlTraitGroup(SqlTraitRow Row, long Copies, SqlTraitDiscard? Verdict);

/// <summary>A row of a SQL trait.</summary>
/// <param name="Id">Whom it is about; empty when it does not say.</param>
/// <param name="Traits">The traits as a JSON object.</param>
internal sealed record SqlTraitRow(string Id, byte[] Traits)
{
    /// <summary>Rows of this many bytes or more are not sent.</summary>
    public const int BytesMax = 16 << 10;

    private const int GroupIdBytesMax = 500;
    private static readonly JsonWriterOptions Options = new() { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The id as it stands in keys.</summary>
    public byte[] IdUtf8 { get; } = Encoding.UTF8.GetBytes(Id);

    /// <summary>Stands for the traits, so that a row that did not change is known.</summary>
    public UInt128 Hash => XxHash128.HashToUInt128(Traits);

    /// <summary>Reads a query's rows, which come by id.</summary>
    public static IEnumerable<SqlTraitGroup> ReadAll(LakeRows rows, SqlTraitShape shape)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        SqlTraitRow? Next() => rows.Read() ? Read(rows, shape, buffer) : null;
        for (var row = Next(); row is not null;)
        {
            var copies = 1L;
            var next = Next();
            for (; next is not null && next.Id == row.Id; next = Next()) copies++;
            Invariant.Holds(next is null || row.Id.Length == 0 || next.Id.Length == 0 || next.IdUtf8.AsSpan().SequenceCompareTo(row.IdUtf8) > 0);
            yield return new SqlTraitGroup(row, copies, row.Verdict(shape, copies));
            row = next;
        }
    }

    private SqlTraitDiscard? Verdict(SqlTraitShape shape, long copies)
    {
        if (Id.Length == 0) return SqlTraitDiscard.NullId;
        if (copies > 1) return SqlTraitDiscard.DuplicateId;
        if (Id.Length > Identifier.ValueLengthMax || (shape.IsOfAccounts && IdUtf8.Length > GroupIdBytesMax)) return SqlTraitDiscard.IdTooLong;
        return Traits.Length + IdUtf8.Length >= BytesMax ? SqlTraitDiscard.RecordTooLarge : null;
    }

    /// <summary>Reads the row at hand.</summary>
    private static SqlTraitRow Read(LakeRows rows, SqlTraitShape shape, ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            for (var i = 0; i < shape.Columns.Count; i++)
            {
                if (i == shape.IdOrdinal) continue;
                json.WritePropertyName(shape.Columns[i]);
                Write(json, rows.Value(i));
            }

            json.WriteEndObject();
        }


        var id = rows.Value(shape.IdOrdinal) as string ?? "";
        return new SqlTraitRow(id.AsSpan().Trim().IsEmpty ? "" : id, buffer.WrittenSpan.ToArray());
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case double number: json.WriteNumberValue(number); break;
            case float number: json.WriteNumberValue(number); break;
            case decimal number: json.WriteNumberValue(number); break;
            case ulong number: json.WriteNumberValue(number); break;
            case JsonNode node: node.WriteTo(json); break;
            default: json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture)); break;
        }
    }
}
