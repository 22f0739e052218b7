using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Tributary.Engine.Workspace;

/// <summary>The body of a management call.</summary>
internal static class ApiBody
{
    /// <summary>Reads it whole, whatever its content type says; null when it is larger than <paramref name="bytesMax"/>.</summary>
    public static async ValueTask<byte[]?> ReadAsync(HttpRequest request, int bytesMax)
    {
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(request.HttpContext.RequestAborted);
            if (read.Buffer.Length > bytesMax || read.IsCompleted)
            {
                var body = read.Buffer.Length > bytesMax ? null : read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return body;
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
