using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Tributary.Model;

namespace Tributary.Engine.Log;

/// <summary>
/// One file of a log: a 64-byte header (<c>magic:8 version:u32 0:u32 base:i64 createdAt:i64</c>) and frames. Byte <c>64 + n</c> of the file is log offset
/// <c>base + n</c>. The file is reserved in full when it is made; what lies behind the last frame is zero or left over from an earlier life of the file,
/// and never passes a checksum because the log mixes the offset into it.
/// </summary>
internal sealed class Segment : IDisposable
{
    /// <summary>Bytes before the first frame.</summary>
    public const int HeaderSize = 64;

    private const uint Version = 1;
    private static readonly byte[] Magic = "TRIBLOG1"u8.ToArray();

    private Segment(string path, SafeFileHandle file, long @base, long createdAt)
    {
        Path = path;
        File = file;
        Base = @base;
        CreatedAt = createdAt;
    }

    public string Path { get; }

    public SafeFileHandle File { get; }

    /// <summary>Log offset of the first frame.</summary>
    public long Base { get; }

    /// <summary>When the segment was begun; milliseconds since 1970. The segment before it holds nothing younger.</summary>
    public long CreatedAt { get; }

    public static string NameOf(long @base) => @base.ToString("x16", CultureInfo.InvariantCulture) + ".log";

    /// <summary>Makes a segment of <paramref name="bytes"/> bytes, out of <paramref name="recycled"/> when there is one.</summary>
    public static Segment Create(string folder, long @base, long bytes, long createdAt, string? recycled)
    {
        var path = System.IO.Path.Combine(folder, NameOf(@base));
        if (recycled is not null) System.IO.File.Move(recycled, path, overwrite: true);
        var file = System.IO.File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            NativeFile.Reserve(file, HeaderSize + bytes);
            Span<byte> header = stackalloc byte[HeaderSize];
            header.Clear();
            Magic.CopyTo(header);
            BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
            BinaryPrimitives.WriteInt64LittleEndian(header[16..], @base);
            BinaryPrimitives.WriteInt64LittleEndian(header[24..], createdAt);
            RandomAccess.Write(file, header, 0);
            NativeFile.FlushData(file);
            NativeFile.FlushFolder(folder);
            return new Segment(path, file, @base, createdAt);
        }
        catch
        {
            file.Dispose();
            System.IO.File.Delete(path);
            throw;
        }
    }

    /// <summary>Opens a segment; null when the crash came before its header was written, so that it holds nothing.</summary>
    /// <exception cref="LogDamagedException">The header is not ours.</exception>
    public static Segment? Open(string path)
    {
        var file = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        Span<byte> header = stackalloc byte[HeaderSize];
        var read = RandomAccess.Read(file, header, 0);
        if (read < HeaderSize || header.IndexOfAnyExcept((byte)0) < 0)
        {
            file.Dispose();
            return null;
        }

        var @base = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        var isOurs = header[..8].SequenceEqual(Magic) && BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) == Version;
        if (!isOurs || NameOf(@base) != System.IO.Path.GetFileName(path))
        {
            file.Dispose();
            throw new LogDamagedException(path, 0, "the header is not that of this segment, or of a newer version.");
        }

        return new Segment(path, file, @base, BinaryPrimitives.ReadInt64LittleEndian(header[24..]));
    }

    /// <summary>Where in the file a log offset lies.</summary>
    public long PositionOf(long offset) => HeaderSize + offset - Base;

    /// <summary>Cuts the file at a log offset. With <paramref name="reserve"/> bytes it can be appended to again.</summary>
    public void CutAt(long offset, long? reserve = null)
    {
        RandomAccess.SetLength(File, PositionOf(offset));
        if (reserve is { } bytes) NativeFile.Reserve(File, HeaderSize + bytes);
        NativeFile.FlushData(File);
    }

    public void Dispose() => File.Dispose();

    public override string ToString() => $"{System.IO.Path.GetFileName(Path)} from {new LogOffset(Base)}";
}
