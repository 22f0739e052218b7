using Tributary.Destinations.Http;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Destinations.Files;

/// <summary>Files in the catalogue: events as compressed JSON or Parquet, by hour, in a folder or a bucket.</summary>
public static class FilesKind
{
    /// <summary>Its <c>metadataId</c>.</summary>
    public const string Slug = "files";

    /// <summary>Name of the setting (also an environment variable) with the folder that all folders of destinations lie in.</summary>
    public const string RootKey = "TRIBUTARY_FILES_ROOT";

    public static DestinationKind Value { get; } = new(
        Slug,
        "Files",
        "Writes every event to files by hour: lines of JSON in gzip, or Parquet; in a folder of this server, or a bucket that speaks S3.",
        [
            new("format", "string", false, "ndjson (the default) or parquet."),
            new("target", "string", false, "folder (the default) or s3."),
            new("folder", "string", false, $"Folder under the root that the operator allows ({RootKey}); the root itself when it is not given."),
            new("bucket", "string", false, "Name of the bucket; required with target s3."),
            new("region", "string", false, "Region of the bucket; us-east-1 when it is not given."),
            new("endpoint", "string", false, "Address of a service other than Amazon's, e.g. https://minio.example.com."),
            new("prefix", "string", false, "What the names of all objects begin with."),
            new("accessKeyId", "string", false, "Key that may put objects; required with target s3."),
            new("secretAccessKey", "string", false, "Its secret; required with target s3.", IsSecret: true),
            new("gatherSeconds", "number", false, "How long an event may wait for others, 0 to 300 seconds; 60 when it is not given. Longer makes fewer and larger files."),
        ],
        settings =>
        {
            FilesModel.Read(settings, out var reader);
            return reader.Faults;
        });

    /// <summary>How files are written.</summary>
    /// <param name="http">The client that all destinations share.</param>
    /// <param name="root">The folder that the operator allows; made when the first file is written.</param>
    /// <param name="clock">Dates the signatures.</param>
    public static DestinationDriver Driver(OutboundHttp http, string root, TimeProvider clock) => new(Slug, request =>
    {
        if (FilesModel.Read(request.Settings, out var reader) is not { } model) return SenderOpened.Faulty(reader.Sentence);
        if (!FilesModel.IsPath(request.DestinationId)) return SenderOpened.Faulty("The destination's id cannot be part of a file's name.");
        IFileTarget target = model.Bucket is { } bucket
            ? new BucketTarget(bucket, http.For(request.IsDryRun), clock)
            : new FolderTarget(Path.Combine(Path.GetFullPath(root), model.Folder), request.IsDryRun);
        IFileFormat format = model.IsParquet ? new ParquetFiles(request.DestinationId, Path.GetFullPath(root), clock) : new JsonFiles(request.DestinationId);
        return SenderOpened.With(new FilesSender(model, format, target, clock));
    });
}
