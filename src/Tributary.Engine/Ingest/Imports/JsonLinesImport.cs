using System.Buffers;
using System.IO.Pipelines;

namespace Tributary.Engine.Ingest;

/// <summary>
/// Reads a file of one message per line, each with its <c>type</c>. Empty lines mean nothing; a line that is no object becomes a discard.
/// </summary>
internal static class JsonLinesImport
{
    // Longest line that is read at all, in bytes. A longer one is not JSON lines; a shorter one above the limit of a message is discarded
    // alone.
    private const int LineBytesMax = 4 << 20;

    /// <summary>Takes all lines; null when all went well.</summary>
    public static async ValueTask<IntakeResult?> ReadAsync(Stream file, ImportRun run, CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(file, new StreamPipeReaderOptions(bufferSize: 64 << 10));
        var row = 0L;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(cancellationToken);
                var rest = read.Buffer;
                while (TryTakeLine(ref rest, read.IsCompleted, out var line))
                {
                    row++;
                    if (line.Count == 0 || !run.Add(line, row, traitsIdentify: false)) continue;
                    if (await run.FlushAsync(cancellationToken) is { } refusal) return refusal;
                }

                reader.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted) return await run.FlushAsync(cancellationToken);
                if (rest.Length > LineBytesMax) return IntakeResult.Invalid($"Line {row + 1} is longer than {LineBytesMax} bytes.");
            }
        }
        catch (FileRefusedException refused)
        {
            return IntakeResult.Invalid(refused.Message);
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    // The line is copied: it may lie in two buffers, and reading it may change it.
    private static bool TryTakeLine(ref ReadOnlySequence<byte> rest, bool isLast, out ArraySegment<byte> line)
    {
        line = default;
        var end = rest.PositionOf((byte)'\n');
        if (end is null && (!isLast || rest.IsEmpty)) return false;
        var bytes = end is { } position ? rest.Slice(0, position).ToArray() : rest.ToArray();
        rest = end is { } behind ? rest.Slice(rest.GetPosition(1, behind)) : rest.Slice(rest.End);
        line = new ArraySegment<byte>(bytes, 0, bytes.AsSpan().TrimEnd(" \t\r"u8).Length);
        return true;
    }
}
