namespace Tributary.Server.Tests;

/// <summary>Finds files of the repository, for tests of documents and scripts.</summary>
internal static class Repository
{
    public static string PathOf(params ReadOnlySpan<string> parts)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Tributary.slnx"))) folder = folder.Parent;
        return Path.Combine([folder.FullName, .. parts]);
    }
}
