using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Tributary.Server.Tests.Crashes;

/// <summary>A data folder on a disk that can be made full and be given room again, while a server works on it.</summary>
internal abstract class FullDisk : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("tributary-disk-").FullName;

    /// <summary>A small file system of its own where one may be mounted; elsewhere the other kind, which needs no rights.</summary>
    public static FullDisk Small() => SmallDisk.TryMount() ?? (FullDisk)new LimitedFiles();

    /// <summary>No file of the server may grow beyond its first kilobyte: as sudden as a quota.</summary>
    public static FullDisk Limited() => new LimitedFiles();

    public abstract void Fill(ServerProcess server);

    public abstract void MakeRoom(ServerProcess server);

    public virtual void Dispose() => Directory.Delete(Folder, recursive: true);

    private sealed class SmallDisk : FullDisk
    {
        private string Ballast => Path.Combine(Folder, "ballast");

        public static SmallDisk? TryMount()
        {
            var disk = new SmallDisk();
            // Room for two segments of each log, the state store and the lake; it is memory, and only what is written takes any.
            if (Run("mount", "-t", "tmpfs", "-o", "size=1400m", "tmpfs", disk.Folder)) return disk;
            Directory.Delete(disk.Folder);
            return null;
        }

        public override void Fill(ServerProcess server)
        {
            using var ballast = File.Create(Ballast);
            var block = new byte[1 << 16];
            try
            {
                while (true) ballast.Write(block);
            }
            catch (IOException)
            {
                // Full.
            }
        }

        public override void MakeRoom(ServerProcess server) => File.Delete(Ballast);

        public override void Dispose()
        {
            // Detached at once, and released by the system when the last process that has a file open there has ended: a busy disk is no reason to fail.
            Run("umount", "--lazy", Folder);
            base.Dispose();
        }

        private static bool Run(params string[] command)
        {
            using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
    }

    private sealed class LimitedFiles : FullDisk
    {
        public override void Fill(ServerProcess server) => FileSizeLimit.Set(server.Id, 1_024);

        public override void MakeRoom(ServerProcess server) => FileSizeLimit.Set(server.Id, ulong.MaxValue);
    }
}

/// <summary>The limit that Linux puts on the size of files that a process writes.</summary>
internal static partial class FileSizeLimit
{
    private const int FileSize = 1;

    /// <summary>Runs a command so that a write beyond the limit fails, instead of ending the process.</summary>
    public static IReadOnlyList<string> Prefix { get; } = ["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"];

    public static void Set(int process, ulong bytes)
    {
        var limit = new Limit { Current = bytes, Highest = ulong.MaxValue };
        if (Change(process, FileSize, limit, 0) != 0) throw new InvalidOperationException($"prlimit failed with {Marshal.GetLastPInvokeError()}.");
    }

    [LibraryImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    private static partial int Change(int process, int resource, in Limit limit, nint old);

    private struct Limit
    {
        public ulong Current;
        public ulong Highest;
    }
}
