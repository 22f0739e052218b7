using System.IO.Compression;

namespace Tributary.Destinations.Files;

/// <summary>Files of one JSON object a line, compressed with gzip; one file per hour of a batch.</summary>
internal sealed class JsonFiles(string destinationId) : IFileFormat
{
    public IEnumerable<ReadyFile> Make(IReadOnlyList<FileEvent> events)
    {
        foreach (var hour in events.GroupBy(one => FileNames.HourOf(one)).OrderBy(group => group.Key))
        {
            var held = hour.ToList();
            yield return new ReadyFile(FileNames.Json(destinationId, hour.Key, FileNames.Of(held)), "application/gzip", Compress(held), held.ConvertAll(one => one.Index));
        }
    }

    public void Dispose()
    {
        // It holds nothing.
    }

    private static ReadOnlyMemory<byte> Compress(List<FileEvent> events)
    {
        using var file = new MemoryStream();
        using (var zip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var one in events)
            {
                WriteLine(zip, one.Event.Payload.Span);
                zip.WriteByte((byte)'\n');
            }
        }

        return file.GetBuffer().AsMemory(0, (int)file.Length);
    }

    // Between the tokens of JSON a line break means nothing, and within a text it is escaped.
    private static void WriteLine(Stream zip, ReadOnlySpan<byte> json)
    {
        for (var at = json.IndexOfAny((byte)'\n', (byte)'\r'); at >= 0; at = json.IndexOfAny((byte)'\n', (byte)'\r'))
        {
            zip.Write(json[..at]);
            zip.WriteByte((byte)' ');
            json = json[(at + 1)..];
        }

        zip.Write(json);
    }
}
