using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tributary.Engine.Log;

/// <summary>
/// The two calls that .NET does not offer: flushing data without metadata, and reserving space. Elsewhere than on Linux the portable calls are used,
/// which are correct and slower.
/// </summary>
internal static partial class NativeFile
{
    private const int Interrupted = 4;
    private const int NotSupported = 95;

    /// <summary>Returns when the bytes written to the file are on the device.</summary>
    /// <exception cref="IOException">The device refused. What was written since the last success is of unknown fate.</exception>
    public static void FlushData(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        while (FDataSync(file) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted) throw new IOException("fdatasync failed: " + new Win32Exception(error).Message, error);
        }
    }

    /// <summary>Reserves space so that a later append cannot meet a full disk and need not change the file's size.</summary>
    /// <exception cref="IOException">There is no room.</exception>
    public static void Reserve(SafeFileHandle file, long bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            int failed;
            while ((failed = FAllocate(file, 0, 0, bytes)) != 0 && Marshal.GetLastPInvokeError() == Interrupted) { }
            if (failed == 0) return;
            var error = Marshal.GetLastPInvokeError();
            if (error != NotSupported) throw new IOException("There is no room for a segment: " + new Win32Exception(error).Message, error);
        }

        if (RandomAccess.GetLength(file) < bytes) RandomAccess.SetLength(file, bytes);
    }

    /// <summary>Makes a new, renamed or removed file of a folder survive a power cut.</summary>
    public static void FlushFolder(string path)
    {
        if (!OperatingSystem.IsLinux()) return;
        using var folder = OpenFolder(path, 0);
        if (!folder.IsInvalid) FSync(folder);
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int FAllocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenFolder(string path, int flags);
}
