using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sylvan.Data.Csv;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Ingest;

/// <summary>
/// Reads a CSV file: each row becomes an identify, each column a trait, except those of ids and <c>timestamp</c>. Values are texts as they
/// stand; empty ones say
/// nothing. Rules and messages: spec/unify-engage-protocols-privacy.md §2.7.
/// </summary>
internal static class CsvImport
{
    private const int ColumnsMax = 299;
    private const int RowsMax = 1_000_000;

    // Longest row, in characters; an event of more bytes would be discarded anyway.
    private const int RowCharactersMax = 1 << 20;

    private enum ColumnKind
    {
        Trait,
        Identifier,
        UserId,
        AnonymousId,
        Timestamp,
    }

    private readonly record struct Column(string Name, ColumnKind Kind);

    /// <summary>The names of columns by which the source's space knows people, besides the ids.</summary>
    public static IReadOnlySet<string> IdentifierNames(WorkspaceSnapshot workspace, Source source)
    {
        var rules = (workspace.FindSpace(source.SpaceId)?.Identity ?? IdentitySettings.Default).Identifiers;
        return rules.SelectMany(rule => rule.MatchKeys).Select(Plain).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Takes all rows; null when all went well.</summary>
    public static async ValueTask<IntakeResult?> ReadAsync(Stream file, ImportRun run, IReadOnlySet<string> identifiers,
        CancellationToken cancellationToken)
    {
        try
        {
            using var text = new StreamReader(file);
            var options = new CsvDataReaderOptions { MaxBufferSize = RowCharactersMax, BufferSize = 64 << 10 };
            await using var csv = await CsvDataReader.CreateAsync(text, options, cancellationToken);
            var columns = ColumnsOf(csv, identifiers);
            if (Fault(columns) is { } fault) return IntakeResult.Invalid(fault);
            return await ReadRowsAsync(csv, columns, run, cancellationToken);
        }
        catch (FileRefusedException refused)
        {
            return IntakeResult.Invalid(refused.Message);
        }
        catch (CsvMissingHeadersException)
        {
            return IntakeResult.Invalid("The file is empty; its first row must name the columns.");
        }
        catch (CsvRecordTooLargeException large)
        {
            return IntakeResult.Invalid($"Row {large.RowNumber} is longer than {RowCharactersMax} characters.");
        }
        catch (CsvFormatException malformed)
        {
            return IntakeResult.Invalid($"The file is not valid CSV at row {malformed.RowNumber}: {malformed.Message}");
        }
    }

    private static async ValueTask<IntakeResult?> ReadRowsAsync(CsvDataReader csv, Column[] columns, ImportRun run,
        CancellationToken cancellationToken)
    {
        var message = new ArrayBufferWriter<byte>(4096);
        await using var writer = new Utf8JsonWriter(message,
            new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        var rows = 0;
        while (await csv.ReadAsync(cancellationToken))
        {
            if (++rows > RowsMax)
            {
                if (await run.FlushAsync(cancellationToken) is { } unwritten) return unwritten;
                return IntakeResult.Invalid($"Too many rows. You can upload up to {RowsMax} rows.");
            }

            message.ResetWrittenCount();
            writer.Reset();
            var isKnown = WriteMessage(csv, columns, writer);
            writer.Flush();
            MemoryMarshal.TryGetArray(message.WrittenMemory, out var bytes);
            if (run.Add(bytes, row: 0, isKnown) && await run.FlushAsync(cancellationToken) is { } refusal) return refusal;
        }

        return await run.FlushAsync(cancellationToken);
    }

    // True when a trait of the row identifies the person.
    private static bool WriteMessage(CsvDataReader csv, Column[] columns, Utf8JsonWriter writer)
    {
        var isKnown = false;
        var count = Math.Min(csv.RowFieldCount, columns.Length);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "identify"u8);
        for (var at = 0; at < count; at++)
        {
            if (NameOf(columns[at].Kind) is { } name && csv.GetFieldSpan(at) is { IsEmpty: false } id) writer.WriteString(name, id);
        }

        writer.WriteStartObject("traits"u8);
        for (var at = 0; at < count; at++)
        {
            if (NameOf(columns[at].Kind) is not null || csv.GetFieldSpan(at) is { IsEmpty: true }) continue;
            writer.WriteString(columns[at].Name, csv.GetFieldSpan(at));
            isKnown |= columns[at].Kind == ColumnKind.Identifier;
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        return isKnown;
    }

    private static string? NameOf(ColumnKind kind) => kind switch
    {
        ColumnKind.UserId => "userId",
        ColumnKind.AnonymousId => "anonymousId",
        ColumnKind.Timestamp => "timestamp",
        ColumnKind.Trait or ColumnKind.Identifier => null,
    };

    private static Column[] ColumnsOf(CsvDataReader csv, IReadOnlySet<string> identifiers)
    {
        var columns = new Column[csv.FieldCount];
        for (var at = 0; at < columns.Length; at++)
        {
            var name = csv.GetName(at);
            columns[at] = new Column(name, name switch
            {
                "userId" or "user_id" => ColumnKind.UserId,
                "anonymousId" or "anonymous_id" => ColumnKind.AnonymousId,
                "timestamp" => ColumnKind.Timestamp,
                _ => identifiers.Contains(Plain(name)) ? ColumnKind.Identifier : ColumnKind.Trait,
            });
        }

        return columns;
    }

    private static string? Fault(Column[] columns)
    {
        if (columns.Length > ColumnsMax) return $"Your CSV file is exceeding the limit of {ColumnsMax} columns.";
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var at = 0; at < columns.Length; at++)
        {
            var name = columns[at].Name;
            if (name.Length == 0) return $"Column {at + 1} has no name.";
            if (name != name.Trim() || name.Contains("  ", StringComparison.Ordinal))
                return $"The name of column {at + 1} has leading, trailing or consecutive spaces.";
            if (!names.Add(name)) return $"Two columns are named {name}; names must be unique.";
        }

        return Array.TrueForAll(columns, column => column.Kind is ColumnKind.Trait or ColumnKind.Timestamp)
            ? "The file needs at least one identifier column, e.g. userId, anonymous_id or email."
            : null;
    }

    // phone_number and phoneNumber are the same key.
    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
