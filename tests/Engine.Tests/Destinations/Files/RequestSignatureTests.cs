using Tributary.Destinations.Files;
using Xunit;

namespace Tributary.Engine.Tests.Destinations.Files;

/// <summary>The examples that Amazon publishes with the algorithm.</summary>
public sealed class RequestSignatureTests
{
    private const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    private const string Empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Fact]
    public void Signs_the_plainest_request_of_the_test_suite()
    {
        var signature = new RequestSignature("AKIDEXAMPLE", Secret, "us-east-1", "service", new DateTimeOffset(2015, 8, 30, 12, 36, 0, TimeSpan.Zero));

        Assert.Equal(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, "
            + "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            signature.Authorize("GET", "/", "", new(StringComparer.Ordinal) { ["host"] = "example.amazonaws.com", ["x-amz-date"] = "20150830T123600Z" }, Empty));
    }

    [Fact]
    public void Signs_the_request_with_a_query_of_the_guide()
    {
        var signature = new RequestSignature("AKIDEXAMPLE", Secret, "us-east-1", "iam", new DateTimeOffset(2015, 8, 30, 12, 36, 0, TimeSpan.Zero));

        Assert.EndsWith("Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7", signature.Authorize(
            "GET", "/", "Action=ListUsers&Version=2010-05-08",
            new(StringComparer.Ordinal) { ["content-type"] = "application/x-www-form-urlencoded; charset=utf-8", ["host"] = "iam.amazonaws.com", ["x-amz-date"] = "20150830T123600Z" },
            Empty), StringComparison.Ordinal);
    }

    [Fact]
    public void Signs_the_put_object_of_the_manual_of_s3()
    {
        var signature = new RequestSignature("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1", "s3", new DateTimeOffset(2013, 5, 24, 0, 0, 0, TimeSpan.Zero));
        var hash = RequestSignature.Hash("Welcome to Amazon S3."u8);

        Assert.EndsWith("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd", signature.Authorize(
            "PUT", RequestSignature.EncodePath("/test$file.text"), "",
            new(StringComparer.Ordinal)
            {
                ["date"] = "Fri, 24 May 2013 00:00:00 GMT",
                ["host"] = "examplebucket.s3.amazonaws.com",
                ["x-amz-content-sha256"] = hash,
                ["x-amz-date"] = "20130524T000000Z",
                ["x-amz-storage-class"] = "REDUCED_REDUNDANCY",
            },
            hash), StringComparison.Ordinal);
    }
}
