using Tributary.Engine.Lake;

namespace Tributary.Destinations.Files;

/// <summary>An event of a batch.</summary>
/// <param name="Index">Its place in the batch.</param>
/// <param name="Offset">Its place in the event log.</param>
/// <param name="Event">What it says.</param>
internal readonly record struct FileEvent(int Index, long Offset, LakeEvent Event);

/// <summary>A file that is ready to be written.</summary>
/// <param name="Name">Its path below the target, with <c>/</c>.</param>
/// <param name="ContentType">Of the content.</param>
/// <param name="Content">The whole file.</param>
/// <param name="Events">The places in the batch of the events that are in it.</param>
internal sealed record ReadyFile(string Name, string ContentType, ReadOnlyMemory<byte> Content, IReadOnlyList<int> Events);

/// <summary>Makes files of events: lines of JSON, or Parquet.</summary>
internal interface IFileFormat : IDisposable
{
    /// <summary>Divides events into files, each made when the one before has been taken, so that only one is in memory.</summary>
    /// <param name="events">In the order of the batch; their messages must stay as they are until the last file has been taken.</param>
    /// <exception cref="IOException">A file could not be made, for want of memory or disk.</exception>
    IEnumerable<ReadyFile> Make(IReadOnlyList<FileEvent> events);
}
